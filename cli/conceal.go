package cli

import (
	"strings"
	"unsafe"
)

// password is where a connection string may have one: before the @ of a URL, in any of its
// parameters, for names can be written in many ways there, or behind password= or sslpassword=.
var password = lazily(`(?i)://[^/@:]*:(.*)@|[?&][^=&\s]+=([^&]*)|\b(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|(?:\\.|[^\s\\])*)`)

// shown is where a text that is shown may have one, such as a URL in the wrong place.
var shown = lazily(`(?i)(://[^/@:\s]*:)[^\s]*@|(\b(?:ssl)?pass?word=)[^\s"']+`)

// concealed is a text without passwords.
func concealed(text string) string {
	if !strings.Contains(text, "://") && !strings.Contains(text, "password=") {
		return text
	}
	return shown().ReplaceAllStringFunc(text, func(found string) string {
		m := shown().FindStringSubmatch(found)
		switch {
		case m[1] == "":
			return m[2] + "***"
		case strings.HasSuffix(found, ":password@"): // an example of ours
			return found
		}
		return m[1] + "***@"
	})
}

// Conceal returns a copy of os.Args, in which it overwrites the passwords: what the list of
// processes shows to everybody is that very memory. Without it they could be seen for as long
// as a migration takes.
func Conceal(args []string) []string {
	kept := make([]string, len(args))
	for i, arg := range args {
		kept[i] = strings.Clone(arg)
		if !strings.ContainsAny(arg, "@=") { // each form of a password has one
			continue
		}
		for _, at := range password().FindAllStringSubmatchIndex(kept[i], -1) {
			for group := 2; group < len(at); group += 2 {
				if at[group] >= 0 {
					overwrite(arg[at[group]:at[group+1]])
				}
			}
		}
	}
	return kept
}

// overwrite changes a part of an argument of the process. The runtime takes the arguments from
// the memory where the operating system has put them, which may be written to; other strings
// may not.
func overwrite(part string) {
	memory := unsafe.Slice(unsafe.StringData(part), len(part))
	for i := range memory {
		memory[i] = 'x'
	}
}
