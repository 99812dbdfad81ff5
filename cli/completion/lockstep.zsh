#compdef lockstep
# Completion of lockstep for zsh: source <(lockstep completion zsh), behind compinit; or
# put it as _lockstep into a directory of fpath.

_lockstep() {
	local candidate text
	local -a candidates
	while IFS=$'\t' read -r candidate text; do
		case $candidate in
		:files) _files; return ;;
		:dirs) _files -/; return ;;
		*) candidates+=("${candidate//:/\\:}:$text") ;;
		esac
	done < <("${words[1]}" __complete "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)
	_describe -V lockstep candidates # -V keeps the order: the newest revision first
}

if [[ $funcstack[1] == _lockstep ]]; then
	_lockstep "$@"
else
	compdef _lockstep lockstep
fi
