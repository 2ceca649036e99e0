package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The bounds on a search.
const (
	MaxQuery = 100 // characters of it that are read
	maxWords = 8   // words of it that are looked for
)

// Index is the words of a thing, by language, as they are compared.
type Index map[string][]entry

// entry is a folded word and what it counts.
type entry struct {
	word   []rune
	weight int
}

// Fold writes text as it is compared: small letters without marks, so that
// neither the accents of Latin letters nor the vowel signs of Thaana (fili)
// need be right, and each of the dotted letters of Thaana as the plain letter
// that many write instead.
func Fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if plain, ok := sounds(r); ok {
			b.WriteString(plain)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sounds returns what people write for a letter that they have no key for.
func sounds(r rune) (string, bool) {
	switch r {
	case 'ޙ', 'ޚ':
		return "ހ", true
	case 'ޛ', 'ޜ', 'ޡ':
		return "ޒ", true
	case 'ޝ', 'ޞ', 'ޘ':
		return "ސ", true
	case 'ޟ':
		return "ޑ", true
	case 'ޠ':
		return "ތ", true
	case 'ޢ':
		return "އ", true
	case 'ޣ', 'ޤ':
		return "ގ", true
	case 'ޥ':
		return "ވ", true
	case 'ı':
		return "i", true
	case 'ə':
		return "e", true
	case 'ø':
		return "o", true
	case 'æ':
		return "ae", true
	case 'œ':
		return "oe", true
	case 'ß':
		return "ss", true
	case 'đ', 'ð':
		return "d", true
	case 'ł':
		return "l", true
	case 'þ':
		return "th", true
	}
	return "", false
}

// words splits a text into its folded words, each once.
func words(text string) []string {
	all := strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var out []string
	for _, w := range all {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// Add puts those words of a text into the index that are not there yet: what
// counts most is added first.
func (x Index) Add(lang, text string, weight int) {
	for _, w := range words(text) {
		if !slices.ContainsFunc(x[lang], func(e entry) bool { return string(e.word) == w }) {
			x[lang] = append(x[lang], entry{[]rune(w), weight})
		}
	}
}

// Result says which things fit what somebody typed in a language, the best
// first. Where none fits all the words, near are those that fit some.
type Result[T any] struct {
	Query string // as it was read
	Found []T
	Near  []T
}

// Find searches a list by the index of each. Small words that say nothing,
// given by ignored, count only if there are no others.
func Find[T any](list []T, index func(T) Index, query, lang, ignored string) Result[T] {
	s := Result[T]{Query: bounded(query)}
	wanted := words(s.Query)
	if telling := slices.DeleteFunc(slices.Clone(wanted), func(w string) bool { return slices.Contains(words(ignored), w) }); len(telling) > 0 {
		wanted = telling
	}
	wanted = wanted[:min(len(wanted), maxWords)]
	type hit struct {
		thing T
		score int
	}
	var all, some []hit
	for _, thing := range list {
		matched, score := 0, 0
		for _, w := range wanted {
			if n := index(thing).fits([]rune(w), lang); n > 0 {
				matched++
				score += n
			}
		}
		switch {
		case matched == len(wanted) && matched > 0:
			all = append(all, hit{thing, score})
		case matched > 0:
			some = append(some, hit{thing, score})
		}
	}
	sorted := func(hits []hit) (out []T) {
		slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
		for _, h := range hits {
			out = append(out, h.thing)
		}
		return out
	}
	s.Found = sorted(all)
	if len(s.Found) == 0 {
		s.Near = sorted(some)
	}
	return s
}

// bounded is the part of a query that is read and repeated.
func bounded(query string) string {
	query = strings.Join(strings.Fields(query), " ")
	if r := []rune(query); len(r) > MaxQuery {
		query = strings.TrimSpace(string(r[:MaxQuery]))
	}
	return query
}

// fits returns how well a word fits: its place counts, and how many letters are
// otherwise. A word of another language counts half.
func (x Index) fits(word []rune, lang string) int {
	best := 0
	for other, entries := range x {
		for _, e := range entries {
			n := 12 * e.weight
			switch off := distance(word, e.word); {
			case off == 0:
			case len(word) >= 2 && strings.HasPrefix(string(e.word), string(word)):
				n = n * 3 / 4
			case off == 1 && len(word) >= 4:
				n /= 2
			case off == 2 && len(word) >= 7:
				n /= 3
			default:
				continue
			}
			if other != lang {
				n /= 2
			}
			best = max(best, n)
		}
	}
	return best
}

// far is a distance that is too far, whatever it is.
const far = 3

// distance counts the letters that are missing, too many, wrong or swapped
// with their neighbour (optimal string alignment), up to far.
func distance(a, b []rune) int {
	if len(a)-len(b) >= far || len(b)-len(a) >= far || len(a) > 40 || len(b) > 40 {
		return far
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= far {
			return far
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], far)
}
