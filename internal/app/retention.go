package app

import (
	"portico/internal/holdings"
	"portico/internal/retention"
)

// keeping builds what disposes of what is kept. It comes before the features
// that have something disposed of.
func (p *portal) keeping() {
	p.holdings = holdings.New(Kept())
	p.keeps = retention.New(retention.Config{
		DB: p.db, Vault: p.vault, Holdings: p.holdings, Jobs: p.queue, Ring: p.ring, Policy: p.policy, Clock: p.clock, Zone: p.zone,
	})
}
