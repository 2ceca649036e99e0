package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/jobs"
	"portico/internal/platform/web"
	"portico/internal/policy"
)

// offer is something of the operator's own that is offered, and how far it was
// sent.
type offer struct {
	Item
	sent time.Time // when an official had it sent; zero: not yet
	done bool      // nobody is left to be told
}

// letter is an e-mail as it goes to people who read a language.
type letter struct{ lang, subject, text string }

// mayOffer reports whether somebody may have offers sent.
func (s *Service) mayOffer(roles []string) bool {
	return s.Kinds()[kinds.Offer] != nil && s.Policy().May(roles, policy.SendOffers)
}

// offers are those that the instance declares, the newest first.
func (s *Service) offers(ctx context.Context) (list []offer, err error) {
	var known map[string]telling
	err = s.DB.View(ctx, func(tx *db.Tx) error { known, _, err = selectNews(tx); return err })
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	for _, item := range s.News() {
		if item.Offer {
			list = append(list, offer{item, known[item.ID].At, known[item.ID].Done})
		}
	}
	slices.SortFunc(list, func(a, b offer) int {
		if c := b.Day.Compare(a.Day); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, nil
}

// offer returns one of them.
func (s *Service) offer(ctx context.Context, id string) (offer, error) {
	list, err := s.offers(ctx)
	if err != nil {
		return offer{}, err
	}
	i := slices.IndexFunc(list, func(o offer) bool { return o.ID == id })
	if i < 0 {
		return offer{}, errNoOffer
	}
	return list[i], nil
}

// readers counts those who consent to offers now.
func (s *Service) readers(ctx context.Context) (n int64, err error) {
	k := s.Kinds()[kinds.Offer]
	if k == nil || s.Consents == nil {
		return 0, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error { n, err = s.Consents.Agreeing(tx, k.Purpose); return err })
	if err != nil {
		return 0, fmt.Errorf("count who consents to offers: %w", err)
	}
	return n, nil
}

// preview is an offer as it is sent, in each language.
func (s *Service) preview(ctx context.Context, o offer) (list []letter, err error) {
	k := s.Kinds()[kinds.Offer]
	for _, lang := range s.Langs {
		p := s.printer(lang)
		n := &notice{Notice: Notice{Kind: k.ID, About: aboutNews + ":" + o.ID}}
		words, err := s.say(ctx, n, p)
		if err != nil {
			return nil, fmt.Errorf("preview an offer: %w", err)
		}
		m := s.letter(&sending{notice: n, kind: k}, words, p)
		list = append(list, letter{lang, m.Subject, m.Text})
	}
	return list, nil
}

// SendOffer has an offer sent to everybody who consents to offers, from its day
// on and once: sent again, it goes to nobody.
func (s *Service) SendOffer(ctx context.Context, me *web.Session, id string) error {
	if !s.mayOffer(me.Roles) {
		return errDenied
	}
	o, err := s.offer(ctx, id)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	if o.Day.After(now) {
		return errEarly
	}
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		fresh, err := insertNews(tx, telling{Item: o.ID}, now)
		if err != nil || !fresh {
			return err
		}
		if err := s.Jobs.Enqueue(tx, jobs.New{Kind: jobNews, Key: jobNews + ":" + o.ID}); err != nil {
			return err
		}
		return s.Vault.Append(tx, audit.Event{
			Kind: audit.KindPolicy, Subject: audit.System, Reason: "offer-sent", Policy: s.Policy().Hash(), Facts: audit.Facts{"offer": o.ID},
			Actor: audit.Actor{ID: me.Subject, Kind: policy.Staff.String(), Party: me.Party, Role: strings.Join(me.Roles, " ")},
		})
	})
	if err != nil {
		return fmt.Errorf("send an offer: %w", err)
	}
	return nil
}

// became counts what became of an offer, by state.
func (s *Service) became(ctx context.Context, o offer) (counts []counted, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		counts, err = countAbout(tx, aboutNews+":"+o.ID, o.sent)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count what became of an offer: %w", err)
	}
	return counts, nil
}
