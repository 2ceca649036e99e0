package app

import (
	"slices"

	"portico/internal/demo"
	"portico/internal/demo/cast"
	"portico/internal/instance"
	"portico/internal/login"
	"portico/internal/platform/web"
)

// loggingIn builds the way in by a login of somebody else. A demo has one of its
// own, on this machine.
func (p *portal) loggingIn(in *instance.Instance) (err error) {
	if at := in.Environment.Login; p.demo && !p.beside && at != nil {
		if p.logins, err = demo.TakeLogins(p.clock, at.Client, cast.Known(&in.Demo)); err != nil {
			return err
		}
		p.vouches, err = login.NewProvider(login.ProviderConfig{
			Issuer: p.logins.Issuer(), Client: at.Client, Secret: p.logins.Secret(), Plain: true, Clock: p.clock,
		})
		if err != nil {
			return err
		}
	}
	p.login = login.New(login.Config{
		DB: p.db, Vault: p.vault, Identity: p.identity, Account: p.account, Provider: p.vouches, Declared: p.loginDeclared, Policy: p.policy,
		Clock: p.clock, Address: p.address,
	})
	return nil
}

// loginDeclared is what portico.yaml says of the login; nil if nothing.
func (p *portal) loginDeclared() *login.Declared {
	a := p.live.Current().Portal.Accounts
	if a == nil || a.Login == nil {
		return nil
	}
	return &login.Declared{
		Level: web.Level(max(0, slices.Index(web.Levels(), string(a.Login.Level)))), Claims: a.Login.Claims, Scopes: a.Login.Scopes,
	}
}
