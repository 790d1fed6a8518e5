package logs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
)

// Class is what an operator needs to know about an error.
type Class struct {
	Name      string // "permanent", "conflict", "deadline"
	Code      string // of the service that refused: "NOT_FOUND"
	Retryable bool   // the same call may succeed later
}

// The classes that logs knows by itself.
var (
	classCancelled = Class{Name: "cancelled", Retryable: true}
	classDeadline  = Class{Name: "deadline", Retryable: true}
	classPanic     = Class{Name: "panic", Retryable: true}
	classUnknown   = Class{Name: "unknown", Retryable: true}
)

// Failure is an error in the form in which it is stored.
type Failure struct {
	Class     string   `json:"class" firestore:"class"`
	Code      string   `json:"code,omitempty" firestore:"code,omitempty"`
	Message   string   `json:"message" firestore:"message"`
	Chain     []string `json:"chain,omitempty" firestore:"chain,omitempty"` // the causes, the root last
	Stack     string   `json:"stack,omitempty" firestore:"stack,omitempty"` // of a panic
	Retryable bool     `json:"retryable" firestore:"retryable"`
}

const (
	maxChain = 8   // causes
	maxCause = 512 // bytes of one
	maxStack = 8 << 10
)

// failure normalises an error. It never panics, whatever the error does.
func (l *Logs) failure(err error) (f *Failure) {
	defer func() {
		if p := recover(); p != nil {
			f = &Failure{Class: classPanic.Name, Message: plain(fmt.Sprintf("[panic in %T: %v]", err, p))}
		}
	}()
	c := l.classify(err)
	f = &Failure{Class: c.Name, Code: c.Code, Retryable: c.Retryable, Message: textOf(err), Chain: chain(err)}
	if p, ok := errors.AsType[*panicError](err); ok {
		f.Stack = cut(p.stack, maxStack)
	}
	return f
}

func (l *Logs) classify(err error) Class {
	if _, ok := errors.AsType[*panicError](err); ok {
		return classPanic
	}
	if l.opts.Classify != nil {
		if c := l.opts.Classify(err); c != (Class{}) {
			return c
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return classCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return classDeadline
	default:
		return classUnknown
	}
}

// panicError is the error that a recovered panic becomes.
type panicError struct {
	value any
	stack string
}

// Panicked returns the value of a recovered panic as an error whose record has
// the class "panic" and the stack. Call it where the panic is recovered.
func Panicked(value any) error { return &panicError{value, stack()} }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// Unwrap returns the error that somebody panicked with, if it was one.
func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// stack returns the stack from the frame that panicked downwards.
func stack() string {
	s := string(debug.Stack())
	if i := strings.LastIndex(s, "\npanic("); i >= 0 {
		s = s[i+1:]
	}
	return s
}

// chain lists the errors within err, outermost first, without repeats.
func chain(err error) []string {
	var texts []string
	walk(err, func(e error) bool {
		text := cut(typed(e), maxCause)
		if len(texts) == 0 || texts[len(texts)-1] != text {
			texts = append(texts, text)
		}
		return len(texts) < maxChain
	})
	if len(texts) == 1 && texts[0] == textOf(err) {
		return nil
	}
	return texts
}

// walk visits err and what it wraps, depth first, until visit returns false.
func walk(err error, visit func(error) bool) bool {
	if err == nil {
		return true
	}
	if !visit(err) {
		return false
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return walk(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if !walk(inner, visit) {
				return false
			}
		}
	}
	return true
}

// typed returns the text of e, with its type where that says something.
func typed(e error) string {
	name := fmt.Sprintf("%T", e)
	if strings.HasPrefix(name, "*fmt.") || strings.HasPrefix(name, "*errors.") {
		return textOf(e)
	}
	return name + ": " + textOf(e)
}

func textOf(err error) string { return plain(err.Error()) }
