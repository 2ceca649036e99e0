package credential

import "time"

// Limits are how often what may happen. An account and a network together have
// the narrowest: whoever guesses from one place is stopped long before whoever
// owns the account and comes from another.
type Limits struct {
	Pair    Limit // sign-ins to one account from one network
	Account Limit // sign-ins to one account
	Network Limit // sign-ins from one network
	Second  Limit // codes tried at the second factor of one account
	Send    Limit // codes to one contact
	Sends   Limit // codes asked for from one network
	Typed   Limit // codes tried from one network
}

// StandardLimits are those of every portal.
func StandardLimits() Limits {
	return Limits{
		Pair:    Limit{Times: 6, Within: 15 * time.Minute},
		Account: Limit{Times: 30, Within: time.Hour},
		Network: Limit{Times: 100, Within: 15 * time.Minute},
		Second:  Limit{Times: 10, Within: time.Hour},
		Send:    Limit{Times: 4, Within: 30 * time.Minute},
		Sends:   Limit{Times: 60, Within: time.Hour},
		Typed:   Limit{Times: 100, Within: 15 * time.Minute},
	}
}
