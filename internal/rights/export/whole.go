package export

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"io"
)

// errMore says that there is something in a file that no signature covers. Some
// programs unpack a ZIP from its beginning and not by its directory: they would
// show that.
var errMore = errors.New("the file holds something beside what the portal signed")

// The parts of a ZIP, by how they begin.
const (
	zipEntry     = "PK\x03\x04"
	zipDirectory = "PK\x01\x02"
	zipEnd       = "PK\x05\x06"
	zipEnd64     = "PK\x06\x06"
)

// whole is nil if a ZIP is its entries one after another, under the names of its
// directory, and then that directory: nothing before, between or behind.
func whole(file io.ReaderAt, size int64, z *zip.Reader) error {
	at := int64(0)
	for _, f := range z.File {
		head, err := lengths(file, at, 30, zipEntry, 26, 28)
		begins, unknown := f.DataOffset()
		if err != nil || unknown != nil || at+30+head[0]+head[1] != begins {
			return errMore
		}
		name := make([]byte, head[0])
		if _, err := file.ReadAt(name, at+30); err != nil || string(name) != f.Name {
			return errMore
		}
		if at, err = behind(file, begins+int64(f.CompressedSize64)); err != nil { //nolint:gosec // DataOffset has found it in the file
			return err
		}
	}
	for range z.File {
		more, err := lengths(file, at, 46, zipDirectory, 28, 30, 32)
		if err != nil || more[2] != 0 { // a comment
			return errMore
		}
		at += 46 + more[0] + more[1]
	}
	const end, end64 = 22, 56 + 20 + 22
	switch size - at {
	case end:
		if more, err := lengths(file, at, end, zipEnd, 20); err == nil && more[0] == 0 {
			return nil
		}
	case end64:
		if more, err := lengths(file, at+end64-end, end, zipEnd, 20); err == nil && more[0] == 0 && begins(file, at, zipEnd64) {
			return nil
		}
	}
	return errMore
}

// behind is where the next part begins behind the bytes of an entry, which a
// description of them may follow.
func behind(file io.ReaderAt, at int64) (int64, error) {
	for _, description := range []int64{0, 12, 16, 20, 24} {
		if next := at + description; begins(file, next, zipEntry) || begins(file, next, zipDirectory) {
			return next, nil
		}
	}
	return 0, errMore
}

func begins(file io.ReaderAt, at int64, with string) bool {
	b := make([]byte, len(with))
	_, err := file.ReadAt(b, at)
	return err == nil && string(b) == with
}

// lengths reads numbers of two bytes out of a part that begins at a place.
func lengths(file io.ReaderAt, at, size int64, with string, where ...int) (list []int64, err error) {
	b := make([]byte, size)
	if _, err := file.ReadAt(b, at); err != nil || string(b[:len(with)]) != with {
		return nil, errMore
	}
	for _, w := range where {
		list = append(list, int64(binary.LittleEndian.Uint16(b[w:])))
	}
	return list, nil
}
