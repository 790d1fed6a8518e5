package main

import (
	"context"
	"os"

	"lastmile/gateway/server"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// callers lets in who has signed in at the API, by the sessions in the Firestore of
// GOOGLE_CLOUD_PROJECT. Without a project only passes are let in. Call the last
// result in the end.
func (c config) callers(passes *server.Passes) (server.Authenticator, *server.Owners, func(), error) {
	nothing := func() {}
	project := os.Getenv("GOOGLE_CLOUD_PROJECT")
	if project == "" {
		return passes, nil, nothing, nil
	}
	secrets := os.Getenv("SECRETS_DIR")
	if secrets == "" {
		secrets = "/secrets"
	}
	p := platform.New(platform.Config{
		Project: project, Database: os.Getenv("FIRESTORE_DATABASE"),
		PubSubEmulator: os.Getenv("PUBSUB_EMULATOR_HOST"), FirestoreEmulator: os.Getenv("FIRESTORE_EMULATOR_HOST"),
		Redis: c.redis, RedisAuth: logs.Secret(c.redisAuth), RedisTLS: c.redisTLS, Secrets: secrets,
	}, logs.Options{Service: "gateway"})
	end := func() { _ = p.Close(context.Background()) } // the process ends
	sessions, err := p.Sessions()
	if err != nil {
		return nil, nil, end, err
	}
	db, err := p.Docs()
	if err != nil {
		return nil, nil, end, err
	}
	return server.Either{Passes: passes, Callers: server.NewCallers(sessions)}, server.NewOwners(sessions.Table(), db), end, nil
}
