package e2e_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// skew has the wall clock of a running process go wrong by so much. A program
// reads the time by a function that the kernel maps into it, the vDSO: that is
// replaced by one that asks the kernel and adds d. Monotonic time stays right.
func skew(pid int, d time.Duration) error {
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	start, end, err := vdsoOf(pid)
	if err != nil {
		return err
	}
	image := make([]byte, end-start)
	if _, err := memory.ReadAt(image, start); err != nil {
		return err
	}
	at, err := clockIn(image)
	if err != nil {
		return err
	}
	_, err = memory.WriteAt(wrongClock(d), start+at)
	return err
}

// vdsoOf is where the vDSO of a process is.
func vdsoOf(pid int) (start, end int64, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "[vdso]") {
			_, err = fmt.Sscanf(line, "%x-%x", &start, &end)
			return start, end, err
		}
	}
	return 0, 0, errors.New("the process has no vDSO")
}

// clockIn is where clock_gettime is in a vDSO.
func clockIn(image []byte) (int64, error) {
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, err
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" {
			return int64(s.Value), nil
		}
	}
	return 0, errors.New("the vDSO has no clock")
}

// wrongClock is the code of clock_gettime(rdi clock, rsi *timespec) that asks the
// kernel, and adds d to the seconds of CLOCK_REALTIME.
func wrongClock(d time.Duration) []byte {
	code := []byte{
		0xb8, 228, 0, 0, 0, // mov eax, clock_gettime
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi: CLOCK_REALTIME is 0
		0x75, 0x07, // jne the end
		0x48, 0x81, 0x06, 0, 0, 0, 0, // add qword [rsi], the seconds
		0xc3, // ret
	}
	binary.LittleEndian.PutUint32(code[14:], uint32(int32(d.Seconds())))
	return code
}
