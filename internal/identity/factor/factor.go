package factor

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/vault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
func Migrations() fs.FS {
	f, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return f
}

// Config is what the package needs.
type Config struct {
	Vault   *vault.Vault
	Codes   credential.Codes // keys.Ring
	Clock   clock.Clock
	Address func() string // of the portal, as browsers see it: https://one.gov.mv
}

// Keeper keeps what proves who people are.
type Keeper struct{ Config }

// New returns a keeper.
func New(c Config) *Keeper { return &Keeper{c} }

// Faults that people see.
var (
	errNoKey   = fault.New(fault.Conflict, "identity.second.none")
	errPasskey = fault.New(fault.Invalid, "identity.passkey.wrong")
)

// ErrNoKey says that a second factor must be begun anew.
func ErrNoKey() *fault.Fault { return errNoKey }

// ErrPasskey says that a passkey proved nothing.
func ErrPasskey() *fault.Fault { return errPasskey }

// Has says by what an account can be proved besides its password.
type Has struct {
	Password bool
	App      time.Time // since when by an authenticator app; zero: not
	Passkeys int
	Codes    int // recovery codes that are left
}

// Second reports whether a second factor is asked besides the password.
func (h Has) Second() bool { return !h.App.IsZero() || h.Passkeys > 0 }

// Has says by what an account can be proved.
func (k *Keeper) Has(tx *db.Tx, subject string) (h Has, err error) {
	row, err := selectSecret(tx, subject, app)
	if err != nil {
		return Has{}, fmt.Errorf("list what proves an account: %w", err)
	}
	h.App = row.Changed
	if row, err = selectSecret(tx, subject, password); err != nil {
		return Has{}, fmt.Errorf("list what proves an account: %w", err)
	}
	h.Password = row.Sealed != nil
	if h.Passkeys, err = countPasskeys(tx, subject); err != nil {
		return Has{}, fmt.Errorf("list what proves an account: %w", err)
	}
	if h.Codes, err = countCodes(tx, subject); err != nil {
		return Has{}, fmt.Errorf("list what proves an account: %w", err)
	}
	return h, nil
}

// Clear takes everything away that proves an account; but the password, if it
// is to stay.
func (k *Keeper) Clear(tx *db.Tx, subject string, keepPassword bool) error {
	if _, err := deleteSecret(tx, subject, appNew); err != nil {
		return fmt.Errorf("clear an account: %w", err)
	}
	if !keepPassword {
		if _, err := deleteSecret(tx, subject, password); err != nil {
			return fmt.Errorf("clear an account: %w", err)
		}
		if err := k.took(tx, subject, password); err != nil {
			return err
		}
	}
	if _, err := k.RemoveApp(tx, subject); err != nil {
		return fmt.Errorf("clear an account: %w", err)
	}
	if err := errors.Join(deletePasskeys(tx, subject), deleteCodes(tx, subject)); err != nil {
		return fmt.Errorf("clear an account: %w", err)
	}
	return errors.Join(k.took(tx, subject, passkeys), k.took(tx, subject, codes))
}

// place is where a secret of a kind is sealed. Secrets kept their place when
// they moved here from package identity.
func place(kind string) string { return "identity_secret " + kind }

func (k *Keeper) keep(tx *db.Tx, subject, kind string, secret []byte, seasoned time.Time) error {
	sealed, err := k.Vault.SealSecret(tx, subject, place(kind), secret)
	if err != nil {
		return err
	}
	if err := putSecret(tx, subject, kind, sealed, k.Clock.Now(), seasoned); err != nil {
		return fmt.Errorf("keep a secret: %w", err)
	}
	return nil
}

// open returns a secret and from when on it is seasoned; nil if there is none.
func (k *Keeper) open(tx *db.Tx, subject, kind string) ([]byte, time.Time, error) {
	row, err := selectSecret(tx, subject, kind)
	if err != nil || row.Sealed == nil {
		return nil, time.Time{}, err
	}
	plain, err := k.Vault.OpenSecret(tx, subject, place(kind), row.Sealed)
	return plain, row.Seasoned, err
}

// SetPassword keeps the hash of a password.
func (k *Keeper) SetPassword(tx *db.Tx, subject, hash string, seasoned time.Time) error {
	if old, err := selectSecret(tx, subject, password); err != nil || old.Sealed != nil {
		if err := errors.Join(err, k.took(tx, subject, password)); err != nil {
			return fmt.Errorf("set a password: %w", err)
		}
	}
	return k.keep(tx, subject, password, []byte(hash), seasoned)
}

// Password is the hash of somebody's password, empty if there is none, and
// from when on it is seasoned.
func (k *Keeper) Password(tx *db.Tx, subject string) (hash string, seasoned time.Time, err error) {
	plain, seasoned, err := k.open(tx, subject, password)
	return string(plain), seasoned, err
}

// NewApp makes the key of another app, to be confirmed by its first code.
func (k *Keeper) NewApp(tx *db.Tx, subject string) error {
	return k.keep(tx, subject, appNew, []byte(credential.NewKey()), k.Clock.Now())
}

// AppKey is the key that waits to be confirmed, empty if there is none.
func (k *Keeper) AppKey(tx *db.Tx, subject string) (string, error) {
	plain, _, err := k.open(tx, subject, appNew)
	return string(plain), err
}

// DropApp forgets the key that waits.
func (k *Keeper) DropApp(tx *db.Tx, subject string) error {
	_, err := deleteSecret(tx, subject, appNew)
	return err
}

// AdoptApp makes the key that waits the account's, if the code is right for it.
func (k *Keeper) AdoptApp(tx *db.Tx, subject, code string, seasoned time.Time) (right bool, err error) {
	key, _, err := k.open(tx, subject, appNew)
	if err != nil {
		return false, err
	}
	if key == nil {
		return false, errNoKey
	}
	step, ok := credential.StepOf(string(key), credential.Figures(code), k.Clock.Now())
	if !ok {
		return false, nil
	}
	if _, err := k.RemoveApp(tx, subject); err != nil {
		return false, err
	}
	if err := k.keep(tx, subject, app, key, seasoned); err != nil {
		return false, err
	}
	if _, err := useStep(tx, subject, step); err != nil {
		return false, err
	}
	if gone, err := deleteSecret(tx, subject, appNew); err != nil || !gone {
		return false, errors.Join(err, errNoKey)
	}
	return true, nil
}

// UseApp uses a code of the app up; it is wrong if it was used before.
func (k *Keeper) UseApp(tx *db.Tx, subject, code string) (right bool, seasoned time.Time, err error) {
	key, seasoned, err := k.open(tx, subject, app)
	if err != nil || key == nil {
		return false, time.Time{}, err
	}
	step, ok := credential.StepOf(string(key), credential.Figures(code), k.Clock.Now())
	if !ok {
		return false, time.Time{}, nil
	}
	right, err = useStep(tx, subject, step)
	return right, seasoned, err
}

// RemoveApp takes the app away, and reports whether there was one.
func (k *Keeper) RemoveApp(tx *db.Tx, subject string) (bool, error) {
	gone, err := deleteSecret(tx, subject, app)
	if err != nil || !gone {
		return false, err
	}
	return true, k.took(tx, subject, app)
}

// nameField is what keeps how its holder calls a passkey.
func nameField(me policy.Actor) string {
	if me.Kind == policy.Staff {
		return policy.FieldStaffPasskey
	}
	return policy.FieldPasskey
}

// use is the use of a passkey's name by its holder.
func use(me policy.Actor, id string, o policy.Operation) vault.Use {
	activity := policy.ActivityAccount
	if me.Kind == policy.Staff {
		activity = policy.ActivityStaffAccount
	}
	return vault.Use{
		Actor: me, Subject: me.ID, Activity: activity, Operation: o, Scope: "passkey:" + id, Fields: []string{nameField(me)},
	}
}
