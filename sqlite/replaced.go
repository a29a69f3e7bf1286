package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// lookEvery is how often a commit looks whether the file is still where it was.
// SQLite would go on writing to a file that was removed or replaced, and say
// that all is well; this is how long such a thing can go unnoticed.
const lookEvery = 100 * time.Millisecond

// An identity is what the names of the file and its log stand for.
type identity struct {
	file, log fs.FileInfo
	looked    time.Time
}

func (db *DB) identify() (id identity, err error) {
	if id.file, err = os.Stat(db.path); err != nil {
		return id, err
	}
	id.log, err = os.Stat(db.path + "-wal")
	id.looked = time.Now()
	return id, err
}

// stillThere is called before a commit is acknowledged. After an idle time, and
// now and then, it looks; if the file or its log is another one, or gone, what
// was written is lost and the handle writes nothing more.
func (db *DB) stillThere() error {
	if since := time.Since(db.identity.looked); since >= 0 && since < lookEvery {
		return nil
	}
	now, err := db.identify()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return db.breaks(fmt.Errorf("the file was removed while it was open: %w", err))
	case err != nil:
		return db.breaks(err)
	case !os.SameFile(now.file, db.identity.file):
		return db.breaks(errors.New("the file was replaced while it was open"))
	case !os.SameFile(now.log, db.identity.log):
		return db.breaks(errors.New("the file's -wal was replaced while it was open"))
	}
	db.identity.looked = now.looked
	return nil
}
