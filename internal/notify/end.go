package notify

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"strings"

	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
)

// Keys makes keyed hashes: keys.Ring is one.
type Keys interface {
	Index(kind, value string) []byte
}

// pathEnd is the page that ends what a message is one of, without signing in.
const pathEnd = "/unsubscribe/"

// token names a notice for whoever has the message, and nobody else.
func (s *Service) token(notice string) string {
	return notice + "." + base64.RawURLEncoding.EncodeToString(s.Keys.Index("unsubscribe", notice))
}

// endsAt is the address at which the reader of a notice ends such messages.
func (s *Service) endsAt(notice, lang string) string {
	return s.Address() + "/" + lang + pathEnd + s.token(notice)
}

// linked returns the notice that a token names, and its kind.
func (s *Service) linked(ctx context.Context, token string) (n notice, k *kinds.Kind, err error) {
	name, _, _ := strings.Cut(token, ".")
	if !hmac.Equal([]byte(token), []byte(s.token(name))) {
		return n, nil, errNoLink
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error { n, err = selectMailed(tx, name); return err })
	if err != nil {
		return n, nil, fmt.Errorf("find a message by its link: %w", err)
	}
	if k = s.Kinds()[n.Kind]; n.ID == "" || k == nil || k.List() == "" {
		return n, nil, errNoLink
	}
	return n, k, nil
}

// End ends what a message was one of, for whom it was sent to (RFC 8058):
// whoever has the link in it needs no account for that.
func (s *Service) End(ctx context.Context, token string) (*kinds.Kind, error) {
	n, k, err := s.linked(ctx, token)
	if err != nil {
		return nil, err
	}
	if k.Class == kinds.MarketingClass {
		err = s.Consents.Withdraw(ctx, n.Subject, k.Purpose)
	} else {
		err = s.Choose(ctx, n.Subject, "", []Choice{{Kind: k.ID, Channel: subscription}})
	}
	if err != nil {
		return nil, fmt.Errorf("end messages by a link: %w", err)
	}
	return k, nil
}
