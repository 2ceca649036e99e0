package app

import (
	"portico/internal/consent"
	"portico/internal/privacy"
)

// consents is what package consent needs.
func (p *portal) consents() consent.Config {
	return consent.Config{
		DB: p.db, Vault: p.vault, Ring: p.ring, Policy: p.policy, Clock: p.clock, Kept: privacy.Kept,
		About: func() consent.About {
			in := p.live.Current()
			o := in.Portal.Operator
			return consent.About{Operator: o.Name, Address: o.Address, Law: o.Law, URL: p.address(), Lang: in.Portal.Langs()[0]}
		},
	}
}
