# Completion of lockstep for fish: lockstep completion fish | source

function __lockstep_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
		switch $line
			case :files
				__fish_complete_path "$current"
			case :dirs
				__fish_complete_directories "$current"
			case '*'
				printf '%s\n' $line
		end
	end
end

complete -c lockstep -f -k -a '(__lockstep_complete)'
