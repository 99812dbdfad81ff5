# Completion of lockstep for bash: source <(lockstep completion bash)

_lockstep() {
	local line=${COMP_LINE:0:COMP_POINT} words=() current cut candidate text
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	current=${words[${#words[@]} - 1]}
	# bash completes what is behind the last = : or @ alone
	cut=${current%"${current##*[$COMP_WORDBREAKS]}"}
	COMPREPLY=()
	while IFS=$'\t' read -r candidate text; do
		case $candidate in
		:files) compopt -o default ;;
		:dirs) compopt -o dirnames ;;
		*) COMPREPLY+=("${candidate#"$cut"}") ;;
		esac
	done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}

complete -F _lockstep lockstep
