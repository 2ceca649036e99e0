package uploads

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is a type of file that the program can examine.
type Kind string

// The kinds. There are no others: what cannot be examined is not taken.
const (
	PDF  Kind = "pdf"
	JPEG Kind = "jpeg"
	PNG  Kind = "png"
)

// AllKinds are those that a declaration may name, and those of a field that
// names none.
func AllKinds() []Kind { return []Kind{PDF, JPEG, PNG} }

// Media is the type under which files of a kind are given out.
func (k Kind) Media() string {
	switch k {
	case PDF:
		return "application/pdf"
	case JPEG:
		return "image/jpeg"
	case PNG:
		return "image/png"
	}
	return "application/octet-stream"
}

// Picture reports whether a browser may show files of this kind in a page:
// the program drew them itself.
func (k Kind) Picture() bool { return k == JPEG || k == PNG }

// Word is how people call the kind.
func (k Kind) Word() string { return strings.ToUpper(string(k)) }

// ending is how names of the kind end; other endings mean it too.
func (k Kind) ending() string {
	if k == JPEG {
		return ".jpg"
	}
	return "." + string(k)
}

// endings are what names end in that say a kind, and which.
var endings = map[string]Kind{".pdf": PDF, ".jpg": JPEG, ".jpeg": JPEG, ".jpe": JPEG, ".jfif": JPEG, ".png": PNG}

// sniffed is how many bytes tell a kind.
const sniffed = 16

// sniff tells the kind from the first bytes, or why there is none.
func sniff(head []byte) (Kind, Reason) {
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case len(head) == 0:
		return "", Empty
	case has("%PDF-"):
		return PDF, NoReason
	case has("\xff\xd8\xff"):
		return JPEG, NoReason
	case has("\x89PNG\r\n\x1a\n"):
		return PNG, NoReason
	case has("PK\x03\x04"), has("PK\x05\x06"), has("PK\x07\x08"), has("Rar!"), has("7z\xbc\xaf\x27\x1c"), has("\x1f\x8b"),
		has("BZh"), has("\xfd7zXZ"), has("MSCF"), has("\x28\xb5\x2f\xfd"):
		return "", Archive
	}
	return "", WrongKind
}

// judge tells the kind of a file from its first bytes, and refuses what the
// field does not take and what its name lies about. Among pictures a wrong
// ending is a common mistake and harms nobody: they are drawn anew.
func judge(head []byte, name string, kinds []Kind) (Kind, Reason) {
	k, reason := sniff(head)
	if reason != NoReason {
		return "", reason
	}
	if says, ok := endings[ending(name)]; ok && says != k && !(says.Picture() && k.Picture()) {
		return "", Lies
	}
	if !takes(kinds, k) {
		return "", WrongKind
	}
	return k, NoReason
}

// ending is what a name ends in, in small letters, with its dot.
func ending(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	return strings.ToLower(name[i:])
}

// MaxName is how many characters of a name are kept.
const MaxName = 100

// CleanName makes of what somebody calls a file a name that can be shown and
// saved anywhere: no folders, no control characters, nothing that changes the
// direction of text, not too long. It keeps the ending.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), strings.ContainsRune(`<>:"|?*`, r):
			return ' '
		case unicode.Is(unicode.C, r), r == 0x2028, r == 0x2029, r == 0x061c, r == 0x200e, r == 0x200f, r == utf8.RuneError:
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	end := ending(name)
	if utf8.RuneCountInString(end) > 8 {
		end = ""
	}
	stem := []rune(strings.TrimSuffix(name, name[len(name)-len(end):]))
	if room := MaxName - utf8.RuneCountInString(end); len(stem) > room {
		stem = stem[:room]
	}
	if name = strings.TrimSpace(string(stem)) + name[len(name)-len(end):]; name == "" || name == end {
		return "file" + end
	}
	return name
}

// savedAs is the name under which a file of a kind is given out: it ends as
// its kind does, whatever it was called.
func savedAs(name string, k Kind) string {
	if says, ok := endings[ending(name)]; ok {
		if says == k {
			return name
		}
		name = name[:len(name)-len(ending(name))]
	}
	return name + k.ending()
}
