package app

import (
	"fmt"

	"portico/internal/demo"
	"portico/internal/instance"
	"portico/internal/payments"
)

// takesOf connects to the provider that the environment declares, if any.
func takesOf(e *instance.Environment) (payments.Provider, error) {
	p := e.Payment
	if p == nil {
		return nil, nil
	}
	c := payments.GovPayConfig{URL: string(p.URL), Pages: string(p.Pages), Currency: p.Currency}
	var err error
	if c.Token, err = p.Token.Read(); err != nil {
		return nil, fmt.Errorf("environment.yaml: payment: %w", err)
	}
	if c.Signing, err = p.Signing.Read(); err != nil {
		return nil, fmt.Errorf("environment.yaml: payment: %w", err)
	}
	takes, err := payments.NewGovPay(c)
	if err != nil {
		return nil, fmt.Errorf("environment.yaml: %w", err)
	}
	return takes, nil
}

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
	})
	p.cases.Followers = append(p.cases.Followers, p.payments.Follow)
	return nil
}
