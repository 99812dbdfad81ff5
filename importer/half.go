package importer

// plain is a half of a tool that has no marker for what runs outside a transaction, and
// whose files may hold a transaction of their own. Both are made explicit, with a note.
func (r *reading) plain(file string, t text) Half {
	h := Half{text: t}
	var wrapped bool
	if h.text, wrapped = t.withoutTransaction(); wrapped {
		r.note(file, 0, "BEGIN and COMMIT around it are left out: lockstep puts each file into a transaction")
		return h
	}
	if rule, number := t.forbidden(); rule != "" {
		h.NoTransaction = true
		r.note(file, number, "%s can't be in a transaction: the file gets transaction: none", rule)
	}
	return h
}
