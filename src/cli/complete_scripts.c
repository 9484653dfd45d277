/* SPDX-License-Identifier: MIT */
/*
 * complete_scripts.c -- the shells' side of completion: hand over the words, show the
 * answer.  What can be completed is known to `mlp __complete` alone, from the tables that
 * the options are parsed with.
 */
#include "cli/complete.h"

/*
 * bash cuts words at = and : as well, and replaces only what stands behind the last cut:
 * the words are put together again, and what stands before the cut is passed along.
 */
static const char bash_script[] =
    "# bash completion for mlp; load it with:  eval \"$(mlp completion bash)\"\n"
    "_mlp() {\n"
    "\tlocal line=${COMP_LINE:0:COMP_POINT} words=() answer=() before='' program=mlp\n"
    "\tlocal i n=-1 piece='' rest last\n"
    "\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "\t\tlast=$piece piece=${COMP_WORDS[i]}\n"
    "\t\trest=${line#\"${line%%[![:space:]]*}\"}\n"
    "\t\t[[ $rest == \"$piece\"* ]] || piece=$rest # the cursor is inside it\n"
    "\t\tif [[ $i -gt 0 && $rest == \"$line\" ]]; then\n"
    "\t\t\tbefore+=$last words[n]+=$piece\n"
    "\t\telse\n"
    "\t\t\tbefore='' words[++n]=$piece\n"
    "\t\tfi\n"
    "\t\tline=${rest#\"$piece\"}\n"
    "\tdone\n"
    "\t[[ -n ${piece//[=:@]/} ]] || before+=$piece\n"
    "\t[[ ${words[0]} != */* ]] || program=${words[0]}\n"
    "\t[[ $program != \\~/* ]] || program=$HOME/${program:2}\n"
    "\tmapfile -t answer < <(\n"
    "\t\t\"$program\" __complete bash \"$before\" \"${words[@]:1}\" 2>/dev/null\n"
    "\t)\n"
    "\tCOMPREPLY=()\n"
    "\tcase ${answer[0]} in\n"
    "\tfiles*) compopt -o default ;;\n"
    "\tdirs*) compopt -o dirnames ;;\n"
    "\twords*)\n"
    "\t\tCOMPREPLY=(\"${answer[@]:1}\")\n"
    "\t\tCOMPREPLY=(\"${COMPREPLY[@]%%$'\\t'*}\")\n"
    "\t\t[[ ${answer[0]} != *nospace ]] || compopt -o nospace\n"
    "\t\t;;\n"
    "\tesac\n"
    "}\n"
    "complete -o nosort -F _mlp mlp\n";

static const char zsh_script[] =
    "#compdef mlp\n"
    "# zsh completion for mlp; load it with:  source <(mlp completion zsh)\n"
    "_mlp() {\n"
    "\tlocal program=mlp line\n"
    "\tlocal -a typed answer list space\n"
    "\ttyped=(\"${(@Q)words[2,CURRENT-1]}\" \"${(Q)PREFIX}\")\n"
    "\t[[ $words[1] != */* ]] || program=$words[1]\n"
    "\t[[ $program != \\~/* ]] || program=$HOME/${program#??}\n"
    "\tanswer=(\"${(@f)$(\"$program\" __complete zsh \"$typed[@]\" 2>/dev/null)}\")\n"
    "\tcase $answer[1] in\n"
    "\tfiles*) compset -p ${answer[1]#* }; _files ;;\n"
    "\tdirs*) compset -p ${answer[1]#* }; _files -/ ;;\n"
    "\twords*)\n"
    "\t\tfor line in \"${(@)answer[2,-1]}\"; do\n"
    "\t\t\tlist+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "\t\tdone\n"
    "\t\t[[ $answer[1] != *nospace ]] || space=(-S '')\n"
    "\t\t_describe -V -t mlp mlp list \"${(@)space}\"\n"
    "\t\t;;\n"
    "\tesac\n"
    "}\n"
    "if [[ $funcstack[1] == _mlp ]]; then _mlp \"$@\"; else compdef _mlp mlp; fi\n";

static const char fish_script[] =
    "# fish completion for mlp; load it with:  mlp completion fish | source\n"
    "function __mlp_complete\n"
    "\tset -l words (commandline -opc)\n"
    "\tset -l word (commandline -ct | string unescape)\n"
    "\tset -l program mlp\n"
    "\tstring match -q '*/*' -- $words[1]\n"
    "\tand set program (string replace -r '^~/' $HOME/ -- $words[1])\n"
    "\tset -l answer ($program __complete fish $words[2..-1] \"$word\" 2>/dev/null)\n"
    "\tset -l how (string split ' ' -- $answer[1])\n"
    "\tswitch \"$how[1]\"\n"
    "\t\tcase words\n"
    "\t\t\tstring join \\n -- $answer[2..-1]\n"
    "\t\tcase files dirs\n"
    "\t\t\tset -l before (string sub -l $how[2] -- \"$word\")\n"
    "\t\t\tset -l path (string sub -s (math $how[2] + 1) -- \"$word\")\n"
    "\t\t\tif test $how[1] = files\n"
    "\t\t\t\tstring join \\n -- \"$before\"(__fish_complete_path \"$path\")\n"
    "\t\t\telse\n"
    "\t\t\t\tstring join \\n -- \"$before\"(__fish_complete_directories \"$path\" '')\n"
    "\t\t\tend\n"
    "\tend\n"
    "end\n"
    "complete -c mlp -f -k -a '(__mlp_complete)'\n";

const char *complete_script(const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		return bash_script;
	if (strcmp(shell, "zsh") == 0)
		return zsh_script;
	return strcmp(shell, "fish") == 0 ? fish_script : NULL;
}
