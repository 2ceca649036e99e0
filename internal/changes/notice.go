package changes

import (
	"context"
	"slices"

	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/i18n"
)

// Sort is what notices of announcements are about, before the colon.
const Sort = "policy"

// About is what the notice of an announcement is about.
func About(a *Announcement) string { return Sort + ":" + a.ID }

// Say says what a notice of an announcement may say (notify.Source). One that
// was taken back is gone.
func (s *Service) Say(ctx context.Context, about notify.About, p *i18n.Printer) (notify.Words, error) {
	list, err := s.announcements(ctx)
	if err != nil {
		return notify.Words{}, err
	}
	i := slices.IndexFunc(list, func(a *Announcement) bool { return a.ID == about.ID })
	if i < 0 || !list[i].Cancelled.IsZero() {
		return notify.Words{Gone: true}, nil
	}
	path := "/privacy/versions"
	if about.Kind == kinds.PolicyChangeStaff { // their pages have no language in the address
		path = "/" + p.Lang + path
	}
	return notify.Words{Path: path, Says: map[string]string{kinds.WordDate: p.Date(list[i].On)}}, nil
}
