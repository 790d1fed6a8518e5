package main

import (
	"context"
	"fmt"
	"net"
	"time"

	pubsubadmin "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/emulators/google"
	"lastmile/emulators/pubsub"
)

// pubsubChild is the argument that makes this program a Pub/Sub server.
const pubsubChild = "child-pubsub"

// servePubSub is the body of the child: a server at addr, until ctx ends.
func servePubSub(ctx context.Context, addr string) error {
	srv, err := pubsub.Start(pubsub.Options{Addr: addr})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return srv.Close()
}

func startOurPubSub(ctx context.Context) (*process, error) {
	return startChild(ctx, pubsubChild)
}

func startGooglePubSub(ctx context.Context) (*process, error) {
	return startGoogles(ctx, google.PubSub)
}

// pubsubClients are the two services of one server.
type pubsubClients struct {
	topics *pubsubadmin.TopicAdminClient
	subs   *pubsubadmin.SubscriptionAdminClient
	conn   *grpc.ClientConn
}

// dialPubSub returns when the server answers.
func dialPubSub(ctx context.Context, addr string) (*pubsubClients, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for ctx.Err() == nil { // knock first, so that no connection backs off
		knock, err := net.Dial("tcp", addr)
		if err == nil {
			_ = knock.Close()
			return connectPubSub(ctx, addr)
		}
		time.Sleep(time.Millisecond)
	}
	return nil, fmt.Errorf("await %s: %w", addr, ctx.Err())
}

func connectPubSub(ctx context.Context, addr string) (*pubsubClients, error) {
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	c := &pubsubClients{conn: conn}
	if c.topics, err = pubsubadmin.NewTopicAdminClient(ctx, option.WithGRPCConn(conn)); err != nil {
		return nil, err
	}
	if c.subs, err = pubsubadmin.NewSubscriptionAdminClient(ctx, option.WithGRPCConn(conn)); err != nil {
		return nil, err
	}
	_, err = c.topics.CreateTopic(ctx, &pubsubpb.Topic{Name: pubsubName("topics", "first")})
	return c, err
}
