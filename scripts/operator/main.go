// Command operator makes an operator's account, the first of which nobody can
// make by the API. It acts with the caller's own rights on the project's Firestore
// (gcloud auth application-default login), or on FIRESTORE_EMULATOR_HOST:
//
//	go run ./scripts/operator -project PROJECT -issuer https://accounts.google.com -subject 1081234567 ada
//
// Whoever the issuer says is SUBJECT signs in as the operator named last. It can be
// run again, also to give an operator another identity.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/docs"
)

func main() {
	var (
		o   = docs.Options{EmulatorHost: os.Getenv("FIRESTORE_EMULATOR_HOST")}
		who auth.Identity
	)
	flag.StringVar(&o.Project, "project", os.Getenv("GOOGLE_CLOUD_PROJECT"), "the project's id")
	flag.StringVar(&o.Database, "database", "", "the database's id, unless it is the default one")
	flag.StringVar(&who.Issuer, "issuer", "", "who knows the operator: the iss of OIDC_ISSUERS")
	flag.StringVar(&who.Subject, "subject", "", "the operator's sub at the issuer")
	flag.Parse()
	if err := admit(context.Background(), o, who, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
	fmt.Printf("%s may sign in at %s\n", flag.Arg(0), who.Issuer)
}

// timeout bounds the whole command.
const timeout = 30 * time.Second

// names are what the API admits, too.
var names = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// admit makes the operator's account, and binds who to it.
func admit(ctx context.Context, o docs.Options, who auth.Identity, id string) error {
	if o.Project == "" || who.Issuer == "" || who.Subject == "" || !names.MatchString(id) {
		return errors.New("-project, -issuer and -subject are needed, and after them the operator's id: letters, digits, dots, dashes")
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	db, err := docs.Open(ctx, o)
	if err != nil {
		return err
	}
	store := authdb.New(db)
	err = store.Save(ctx, auth.Operator, id, auth.Account{})
	if err == nil {
		err = store.Bind(ctx, who, auth.Operator, id, time.Now().UTC())
	}
	return errors.Join(err, db.Close())
}
