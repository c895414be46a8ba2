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

// errDirectory says that a folder is where the file should be.
var errDirectory = errors.New("it is a directory, not a file of langshark: name the folder that langshark.db is in, or move the directory away")

// errForeign says whose the file isn't.
var errForeign = errors.New("it is a file of SQLite, but not one of langshark")

// version is that of the file's schema, 0 of a new file. It is an error if the
// file is another program's, or a newer langshark's.
func version(d *db) (version int, err error) {
	if err := d.row("PRAGMA user_version", nil, &version); err != nil {
		return 0, err
	}
	var things, ours int
	if err := d.row("SELECT count(*), ifnull(sum(type = 'table' AND name IN ('projects', 'api_keys', 'traces', 'observations')), 0) FROM sqlite_schema", nil, &things, &ours); err != nil {
		return 0, err
	}
	switch latest, err := latestVersion(); {
	case err != nil:
		return 0, err
	case version == 0 && things == 0:
		return 0, nil
	case version <= 0 || ours < 4:
		return 0, errForeign
	case version > latest:
		return 0, errNewer(version, latest)
	}
	return version, nil
}

// latestVersion is what this program makes.
func latestVersion() (int, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	return len(files), err
}

func errNewer(version, latest int) error {
	return fmt.Errorf("the file has schema version %d, this program knows up to %d: use a newer langshark", version, latest)
}

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
	if before := s.opts.BeforeMigration; before != nil && version > 0 && version < len(files) {
		done, err := before(version, len(files))
		if err != nil {
			return err
		}
		if done != nil {
			defer done()
		}
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
		return errNewer(version, len(files))
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
