package identity

import (
	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

// agree records that whoever opens an account agrees to what is asked of them.
func (s *Service) agree(tx *db.Tx, subject string) error {
	asked := s.Agree()
	if len(asked.Text) == 0 {
		return nil
	}
	if err := setAgreed(tx, subject, asked.Version); err != nil {
		return err
	}
	return s.note(tx, audit.KindAccount, web.RealmPerson, subject, "storage-agreed", audit.Facts{"version": asked.Version})
}
