package credential

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go/data"
)

// Known is what everybody who guesses passwords tries first: some 7,000 that
// people really had, and 70,000 words and names, all from a module that is
// fetched at build time (docs/decisions/0020); and by rule what people do with
// them: capitals, figures for letters, a year or an exclamation mark behind,
// the same word twice, rows of the keyboard, counting, one character again
// and again.
type Known struct{ words []string }

// sources are the lists of the module that count.
var sources = [...]string{"Passwords", "English", "Surnames", "MaleNames", "FemaleNames"}

// own are words that the lists do not have, and people here would think of.
const own = "maldives dhivehi raajje malé hulhumale addu fuvahmulah thinadhoo kulhudhuffushi rufiyaa " +
	"bismillah alhamdulillah assalaamu mashallah inshallah allahuakbar muhammad ibrahim aishath fathimath mariyam " +
	"onegov password passphrase passwort motdepasse contraseña welcome letmein changeme default administrator " +
	"qwerty iloveyou football cricket liverpool barcelona arsenal chelsea manchester juventus"

// LoadKnown reads the lists.
func LoadKnown() (*Known, error) {
	words := strings.Fields(own)
	for _, source := range sources {
		text, err := data.Asset("data/" + source + ".json")
		if err != nil {
			return nil, fmt.Errorf("read known passwords %s: %w", source, err)
		}
		var file struct{ List []string }
		if err := json.Unmarshal(text, &file); err != nil {
			return nil, fmt.Errorf("read known passwords %s: %w", source, err)
		}
		words = append(words, file.List...)
	}
	for i, w := range words {
		words[i] = strings.ToLower(w)
	}
	slices.Sort(words)
	return &Known{words: slices.Clip(slices.Compact(words))}, nil
}

// Len is how many words are known, before what the rules make of them.
func (k *Known) Len() int { return len(k.words) }

func (k *Known) has(word string) bool {
	_, found := slices.BinarySearch(k.words, word)
	return found
}

// Bad reports whether a password is known, or is made from a known one by
// what everybody does. It looks at any length.
func (k *Known) Bad(password string) bool {
	p := strings.ToLower(password)
	stem := strings.TrimRightFunc(p, figure)
	for _, form := range [...]string{p, unleet(p), unleet(stem)} {
		if k.has(form) || k.plain(form) {
			return true
		}
	}
	for cut := p; cut != stem && len(p)-len(cut) < 8; { // words that end in a figure themselves
		_, size := utf8.DecodeLastRuneInString(cut)
		cut = cut[:len(cut)-size]
		if k.has(cut) {
			return true
		}
	}
	return false
}

// figure is whatever is no letter.
func figure(r rune) bool { return !unicode.IsLetter(r) }

// plain reports whether p is a known word, once or more, with what people put
// before and behind it, or has no word in it but a pattern of the hand.
func (k *Known) plain(p string) bool {
	if dull(p) {
		return true
	}
	core := strings.TrimFunc(p, figure)
	around := utf8.RuneCountInString(p) - utf8.RuneCountInString(core)
	if core == "" { // figures and signs alone: bad unless there are many
		return utf8.RuneCountInString(p) < 16
	}
	if around > 8 {
		return dull(core)
	}
	return k.word(once(core)) || dull(core)
}

// word reports whether core is known, or is two known words with at most a
// sign between them, of which one is among the commonest things to take.
func (k *Known) word(core string) bool {
	if k.has(core) || k.has(strings.Map(lettersOnly, core)) {
		return true
	}
	for _, common := range [...]string{"password", "qwerty", "welcome", "letmein", "iloveyou", "ilove", "admin", "my", "the", "maldives"} {
		rest, ok := strings.CutPrefix(core, common)
		if !ok {
			rest, ok = strings.CutSuffix(core, common)
		}
		rest = strings.Map(lettersOnly, rest)
		if ok && (rest == "" || k.has(rest)) {
			return true
		}
	}
	return false
}

func lettersOnly(r rune) rune {
	if unicode.IsLetter(r) {
		return r
	}
	return -1
}

// once returns what is repeated in a word: "abcabc" is "abc".
func once(p string) string {
	for n := 2; n <= len(p)/2; n++ {
		if len(p)%n == 0 && strings.Repeat(p[:n], len(p)/n) == p {
			return p[:n]
		}
	}
	return p
}

// rows are what fingers walk along, each read in both directions.
var rows = [...]string{
	"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm",
	"abcdefghijklmnopqrstuvwxyz", "0123456789", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp", "!@#$%^&*()",
	"741852963", "789456123", "147258369",
}

// dull reports whether p has hardly anything in it: few different characters,
// or nothing but repeats and steps along the rows.
func dull(p string) bool {
	runes := []rune(p)
	if len(runes) == 0 {
		return true
	}
	seen := map[rune]bool{}
	for _, r := range runes {
		seen[r] = true
	}
	if len(seen) <= 3 {
		return true
	}
	steps := 0
	for i := 1; i < len(runes); i++ {
		if runes[i] == runes[i-1] || adjacent(runes[i-1], runes[i]) {
			steps++
		}
	}
	// A walk may turn twice in ten steps: qwertyasdf, 1234512345, abcdef123456.
	return steps*5 >= (len(runes)-1)*4
}

func adjacent(a, b rune) bool {
	for _, row := range rows {
		at := strings.IndexRune(row, a)
		if at < 0 {
			continue
		}
		if strings.HasPrefix(row[at+len(string(a)):], string(b)) || strings.HasSuffix(row[:at], string(b)) {
			return true
		}
	}
	return false
}

// unleet undoes figures and signs in the place of letters.
func unleet(p string) string {
	runes := []rune(p)
	for i, r := range runes {
		inside := i > 0 && i < len(runes)-1
		switch r {
		case '4', '@':
			r = 'a'
		case '3':
			r = 'e'
		case '0':
			r = 'o'
		case '$', '5':
			r = 's'
		case '7', '+':
			r = 't'
		case '1', '!':
			if inside {
				r = 'i'
			}
		}
		runes[i] = r
	}
	return string(runes)
}
