package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// after are what Go code does once the file of a version has run.
var after = map[int]func(context.Context, *Store, *db) error{2: moveRows}

// migrate brings the schema up to date. The n-th file of migrations, in the
// order of names, makes version n of the schema, which PRAGMA user_version has.
func (s *Store) migrate(ctx context.Context, d *db) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var version int
	if err := d.row("PRAGMA user_version", nil, &version); err != nil {
		return err
	}
	if version == len(files) {
		return nil
	}
	if err := d.begin(); err != nil {
		return err
	}
	if err := s.migrateFrom(ctx, d, files); err != nil {
		return errors.Join(err, d.rollback())
	}
	return d.commit()
}

func (s *Store) migrateFrom(ctx context.Context, d *db, files []string) error {
	var version int // another process may have been faster
	if err := d.row("PRAGMA user_version", nil, &version); err != nil {
		return err
	}
	if version > len(files) {
		return fmt.Errorf("the file has schema version %d, this program knows up to %d: use a newer langshark", version, len(files))
	}
	for i := version; i < len(files); i++ {
		text, err := migrations.ReadFile(files[i])
		if err != nil {
			return err
		}
		if err := d.script(string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", files[i], err)
		}
		if f := after[i+1]; f != nil {
			if err := f(ctx, s, d); err != nil {
				return fmt.Errorf("migration %s: %w", files[i], err)
			}
		}
		if err := d.script(fmt.Sprintf("PRAGMA user_version = %d", i+1)); err != nil {
			return err
		}
	}
	return nil
}
