package identity

import (
	"time"

	"portico/internal/identity/credential"
)

// limits are how often what may happen. An account and a network together have
// the narrowest: whoever guesses from one place is stopped long before whoever
// owns the account and comes from another.
type limits struct {
	pair    credential.Limit // sign-ins to one account from one network
	account credential.Limit // sign-ins to one account
	network credential.Limit // sign-ins from one network
	second  credential.Limit // codes tried at the second factor of one account
	send    credential.Limit // codes to one contact
	sends   credential.Limit // codes asked for from one network
	typed   credential.Limit // codes tried from one network
}

func standardLimits() limits {
	return limits{
		pair:    credential.Limit{Times: 6, Within: 15 * time.Minute},
		account: credential.Limit{Times: 30, Within: time.Hour},
		network: credential.Limit{Times: 100, Within: 15 * time.Minute},
		second:  credential.Limit{Times: 10, Within: time.Hour},
		send:    credential.Limit{Times: 4, Within: 30 * time.Minute},
		sends:   credential.Limit{Times: 60, Within: time.Hour},
		typed:   credential.Limit{Times: 100, Within: 15 * time.Minute},
	}
}
