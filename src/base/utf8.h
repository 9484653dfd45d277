/* SPDX-License-Identifier: MIT */
/* utf8.h -- UTF-8 as RFC 3629 has it: no overlong forms, no surrogates. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the valid character at s (n bytes are there), or 0. */
size_t utf8_char_len(const char *s, size_t n);
/* The character of a valid sequence of len bytes. */
uint32_t utf8_decode(const char *s, size_t len);
/* Offset of the first byte that is not valid, or n. */
size_t utf8_valid_prefix(const char *s, size_t n);
/* Characters in a valid string; an invalid byte counts as one. */
size_t utf8_length(const char *s);
/* Bytes of the first `chars` characters of s. */
size_t utf8_prefix(const char *s, size_t chars);
/* Terminal columns of s: wide East Asian characters count two, combining ones none. */
size_t utf8_columns(const char *s);

#endif
