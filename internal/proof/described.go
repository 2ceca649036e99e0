package proof

import (
	"context"
	"html"
	"strings"
)

// Described is what is said of a service.
type Described struct {
	Service string
	Lacks   []string // what O18 lists and nothing declares, each in a word
	Pages   []Shown
}

// Shown is what stands on a page.
type Shown struct {
	Path string
	Says []string
}

// described looks whether each service declares what people are to know of it,
// and asks the portal for its pages as a visitor does, to see that they say it
// (O18).
func (s *System) described(ctx context.Context, e *examination) {
	all := s.Services()
	for _, d := range all {
		for _, one := range d.Lacks {
			e.risk("undescribed", "undescribed", "service", d.Service, "what", one)
		}
		for _, page := range d.Pages {
			s.shows(ctx, e, page.Path, page.Says)
		}
	}
	e.note("services", "n", len(all))
}

// marks are invisible and stand around what is put into a sentence.
var marks = strings.NewReplacer("\u2068", "", "\u2069", "")

// shows looks whether a page is there and says what it should.
func (s *System) shows(ctx context.Context, e *examination, path string, says []string) {
	status, text := s.Page(ctx, path)
	if status != 200 {
		e.broken("page-away", "page-away", "path", path, "status", status)
		return
	}
	text = squeezed(html.UnescapeString(text))
	missing := 0
	for _, one := range says {
		if !strings.Contains(text, squeezed(one)) {
			missing++
			e.broken("not-said", "not-said", "path", path, "what", one)
		}
	}
	if missing == 0 {
		e.note("said", "path", path, "n", len(says))
	}
}

// squeezed is a text on one line.
func squeezed(s string) string { return strings.Join(strings.Fields(marks.Replace(s)), " ") }
