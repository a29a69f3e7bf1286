package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	plugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/testing/freeport"
	schema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

const (
	namespace = "bench"
	loopback  = "127.0.0.1"
	active    = "active"
)

// startServer starts a server of all four services on a SQLite file, configured
// as package temporaltest configures its own, which has no file. It returns the
// address of its frontend.
func startServer(dir string, settings dynamicconfig.StaticClient) (temporal.Server, string, error) {
	store := &config.SQL{
		PluginName:   plugin.PluginName,
		DatabaseName: filepath.Join(dir, "temporal.db"),
		ConnectAttributes: map[string]string{
			"mode": "rwc", "journal_mode": "wal", "synchronous": "full",
		},
	}
	if err := prepare(store); err != nil {
		return nil, "", err
	}
	port := freeport.MustGetFreePort()
	c := serverConfig(store, port)
	authorizer, err := authorization.GetAuthorizerFromConfig(&c.Global.Authorization)
	if err != nil {
		return nil, "", err
	}
	claims, err := authorization.GetClaimMapperFromConfig(&c.Global.Authorization, log.NewNoopLogger())
	if err != nil {
		return nil, "", err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(c),
		temporal.ForServices(temporal.DefaultServices),
		// Otherwise the file says that the killed server is a member, too, and that one is waited for.
		temporal.WithStaticHosts(hosts(c.Services)),
		temporal.WithLogger(log.NewNoopLogger()),
		temporal.WithAuthorizer(authorizer),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return claims }),
		temporal.WithDynamicConfigClient(settings),
	)
	if err != nil {
		return nil, "", err
	}
	return server, fmt.Sprintf("%s:%d", loopback, port), server.Start()
}

// prepare makes the tables, if there is no file yet, and the namespace.
func prepare(store *config.SQL) error {
	if _, err := os.Stat(store.DatabaseName); errors.Is(err, fs.ErrNotExist) {
		if err := schema.SetupSchema(store); err != nil {
			return err
		}
	}
	ns, err := schema.NewNamespaceConfig(active, namespace, false, nil)
	if err != nil {
		return err
	}
	return schema.CreateNamespaces(store, ns)
}

func hosts(services map[string]config.Service) map[primitives.ServiceName]static.Hosts {
	all := map[primitives.ServiceName]static.Hosts{}
	for name, s := range services {
		address := fmt.Sprintf("%s:%d", loopback, s.RPC.GRPCPort)
		all[primitives.ServiceName(name)] = static.Hosts{All: []string{address}, Self: address}
	}
	return all
}

func serverConfig(store *config.SQL, port int) *config.Config {
	address := fmt.Sprintf("%s:%d", loopback, port)
	service := func(port int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: port, MembershipPort: freeport.MustGetFreePort(), BindOnIP: loopback}}
	}
	off := "disabled"
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: loopback},
		},
		Persistence: config.Persistence{
			DefaultStore: plugin.PluginName, VisibilityStore: plugin.PluginName, NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{plugin.PluginName: {SQL: store}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: active, CurrentClusterName: active,
			ClusterInformation: map[string]cluster.ClusterInformation{
				active: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			"frontend": service(port), "history": service(freeport.MustGetFreePort()),
			"matching": service(freeport.MustGetFreePort()), "worker": service(freeport.MustGetFreePort()),
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: off},
			Visibility: config.VisibilityArchival{State: off},
		},
		PublicClient: config.PublicClient{HostPort: address},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: off},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: off},
		}},
	}
}
