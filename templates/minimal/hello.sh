#!/bin/sh
# hello.sh WHO TIMES
i=1
while [ "$i" -le "$2" ]; do
	echo "hello, $1"
	i=$((i + 1))
done
