package factor

import (
	"fmt"
	"strings"

	"portico/internal/ledger"
	"portico/internal/platform/db"
)

// What is taken away from somebody's account, besides a kind of secret: all
// passkeys (or passkeys:ID, one of them), all recovery codes.
const (
	passkeys = "passkeys"
	codes    = "codes"
)

// proof begins what the ledger says of a credential.
const proof = "proof:"

// took records that a credential proves nothing any more.
func (k *Keeper) took(tx *db.Tx, subject, what string) error {
	return k.Vault.Took(tx, ledger.Revoke, subject, proof+what)
}

// Replay takes from a store that was restored what was revoked since, and
// reports whether the act is one of this package. A password that was changed
// since is taken away: its holder recovers the account by a channel.
func (k *Keeper) Replay(tx *db.Tx, a ledger.Act) (mine bool, err error) {
	what, mine := strings.CutPrefix(a.Ref, proof)
	if !mine {
		return false, nil
	}
	switch kind, id, one := strings.Cut(what, ":"); {
	case kind == passkeys && one:
		_, err = deletePasskey(tx, a.Subject, id)
	case kind == passkeys:
		err = deletePasskeys(tx, a.Subject)
	case kind == codes:
		err = deleteCodes(tx, a.Subject)
	case kind == password || kind == app:
		_, err = deleteSecret(tx, a.Subject, kind)
	default:
		err = fmt.Errorf("what proves an account is no %q", what)
	}
	return true, err
}
