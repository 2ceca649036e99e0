package notify

import (
	"context"
	"fmt"
	"slices"

	"portico/internal/ledger"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
)

// Choice is whether somebody wants a kind of notice by a channel.
type Choice struct {
	Kind    string
	Channel kinds.Channel
	Wanted  bool
}

// subscription is the channel under which notify_choice keeps that somebody
// asked for a newsletter.
const subscription kinds.Channel = "subscribed"

// wants reports whether somebody who made these choices wants a kind by a
// channel. Without a choice they do, also a newsletter: they asked for it.
func wants(k *kinds.Kind, c kinds.Channel, choices []Choice) bool {
	if !k.Optional() {
		return true
	}
	for _, one := range choices {
		if one.Kind == k.ID && one.Channel == c {
			return one.Wanted
		}
	}
	return true
}

// subscribed reports whether somebody who made these choices asked for a
// newsletter.
func subscribed(kind string, choices []Choice) bool {
	for _, one := range choices {
		if one.Kind == kind && one.Channel == subscription {
			return one.Wanted
		}
	}
	return false
}

// Choose keeps what somebody chose, and in which language (empty: as before).
func (s *Service) Choose(ctx context.Context, subject, lang string, list []Choice) error {
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		if lang != "" {
			if err := putLanguage(tx, subject, lang, true, s.Clock.Now()); err != nil {
				return err
			}
		}
		before, err := selectChoices(tx, subject)
		if err != nil {
			return err
		}
		for _, c := range list {
			if !c.Wanted && !slices.Contains(before, c) {
				if err := s.Vault.Took(tx, ledger.OptOut, subject, c.Kind+":"+string(c.Channel)); err != nil {
					return err
				}
			}
			if err := putChoice(tx, subject, c, s.Clock.Now()); err != nil {
				return err
			}
			if c.Channel == subscription && s.StaysOut != nil {
				if err := s.StaysOut.Said(tx, subject, c.Kind); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil { // also what was chosen before, and not kept then
		err = s.Vault.Kept(ctx)
	}
	if err != nil {
		return fmt.Errorf("keep what somebody wants to be told: %w", err)
	}
	return nil
}

// wishes answers what the classes of notices ask.
type wishes struct{ s *Service }

// Subscribed answers for kinds.Wishes.
func (w wishes) Subscribed(tx *db.Tx, subject, kind string) (bool, error) {
	choices, err := selectChoices(tx, subject)
	return subscribed(kind, choices), err
}

// Wants reports whether somebody asks now for what is sent only to who does.
func (s *Service) Wants(tx *db.Tx, subject, list string) (bool, error) {
	for _, k := range s.Kinds() {
		if k.List() == list {
			_, ok, err := k.Clear(tx, wishes{s}, subject)
			return ok, err
		}
	}
	return false, nil
}

// Granted answers for kinds.Wishes.
func (w wishes) Granted(tx *db.Tx, subject, purpose string) (bool, error) {
	if w.s.Consents == nil {
		return false, nil
	}
	return w.s.Consents.Granted(tx, subject, purpose)
}

// Prefers is the language that somebody chose, empty if they chose none: what
// they happened to read last is no choice.
func (s *Service) Prefers(ctx context.Context, subject string) (lang string, err error) {
	var chosen bool
	err = s.DB.View(ctx, func(tx *db.Tx) error { lang, chosen, err = selectLanguage(tx, subject); return err })
	if err != nil {
		return "", fmt.Errorf("look which language somebody prefers: %w", err)
	}
	if !chosen || !slices.Contains(s.Langs, lang) {
		return "", nil
	}
	return lang, nil
}
