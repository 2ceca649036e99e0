package app

import (
	"context"
	"fmt"

	"portico/internal/demo"
	"portico/internal/instance"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/payments"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
)

// paying builds what takes the fees, and has it follow every case. A demo has
// a provider of its own, on this machine.
func (p *portal) paying(in *instance.Instance) (err error) {
	currency := func() string { return string(p.live.Current().Portal.Currency) }
	if p.demo && !p.beside && in.Environment.Payment != nil {
		if p.provider, err = demo.TakePayments(p.clock, currency()); err != nil {
			return err
		}
		p.takes, err = payments.NewGovPay(payments.GovPayConfig{
			URL: p.provider.URL(), Pages: p.provider.URL(), Token: p.provider.Token(), Signing: p.provider.Signing(), Currency: currency(),
			Demo: true, Conns: 64,
		})
		if err != nil {
			return err
		}
	}
	p.payments = payments.New(payments.Config{
		DB: p.db, Vault: p.vault, Cases: p.cases, Provider: p.takes, Policy: p.policy, Clock: p.clock, Currency: currency, Address: p.address,
		Notices: moneyNotices{p.notices},
	})
	p.notices.About(aboutPayment, moneySource{p})
	p.cases.Followers = append(p.cases.Followers, p.payments.Follow)
	return nil
}

// aboutPayment is the sort of notices about orders.
const aboutPayment = "payment"

// moneyNotices tells people of their money (payments.Notices).
type moneyNotices struct{ *notify.Service }

// Paid tells that an order was paid.
func (n moneyNotices) Paid(tx *db.Tx, o *payments.Order) error {
	about := aboutPayment + ":" + o.ID
	return n.Queue(tx, notify.Notice{Kind: kinds.MoneyPaid, Subject: o.Subject, About: about, State: string(o.State), Key: about + ":paid"})
}

// Returned tells that what was paid in an attempt went back.
func (n moneyNotices) Returned(tx *db.Tx, o *payments.Order, a *payments.Attempt) error {
	about := aboutPayment + ":" + o.ID
	return n.Queue(tx, notify.Notice{
		Kind: kinds.MoneyReturned, Subject: o.Subject, About: about, State: string(o.State), Key: fmt.Sprintf("%s:returned:%d", about, a.N),
	})
}

// moneySource says what notices about orders may say.
type moneySource struct{ p *portal }

// Say answers for notify.Source.
func (m moneySource) Say(ctx context.Context, a notify.About, p *i18n.Printer) (notify.Words, error) {
	o, err := m.p.payments.Glance(ctx, a.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return notify.Words{Gone: true}, nil
	}
	if err != nil {
		return notify.Words{}, err
	}
	of, err := m.p.cases.Glance(ctx, o.Case)
	if err != nil {
		return notify.Words{}, err
	}
	return notify.Words{State: string(o.State), Path: "/cabinet/payments/" + o.ID, Says: map[string]string{
		kinds.WordService: p.In(of.Service.Name), kinds.WordReference: o.Reference, kinds.WordAmount: p.Money(o.Amount, o.Currency),
	}}, nil
}

// fees is what was paid for documents (documents.Money); payments are built
// after them.
type fees struct{ p *portal }

// PaidFor answers for documents.Money.
func (f fees) PaidFor(ctx context.Context, caseID string) (bool, error) {
	return f.p.payments.PaidFor(ctx, caseID)
}

// GiveBack answers for documents.Money.
func (f fees) GiveBack(tx *db.Tx, caseID string) error { return f.p.payments.GiveBack(tx, caseID) }
