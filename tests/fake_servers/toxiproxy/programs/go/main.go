// Drives a Toxiproxy server by Toxiproxy's own client package. Called with the server's URL and an upstream's address;
// says "all is well", or what is not.
package main

import (
	"fmt"
	"os"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2/client"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(right bool, what string, got any) {
	if !right {
		must(fmt.Errorf("%s: %v", what, got))
	}
}

func main() {
	server := toxiproxy.NewClient(os.Args[1])
	version, err := server.Version()
	must(err)
	check(string(version) == "{\"version\": \"2.13.0\"}\n", "version", string(version))

	proxy, err := server.CreateProxy("mail", "127.0.0.1:0", os.Args[2])
	must(err)
	check(proxy.Enabled && strings.HasPrefix(proxy.Listen, "127.0.0.1:"), "proxy", proxy)
	_, err = server.CreateProxy("mail", "127.0.0.1:0", os.Args[2])
	check(err != nil && strings.Contains(err.Error(), "HTTP 409: proxy already exists"), "made twice", err)
	_, err = server.Proxy("nobody")
	check(err != nil && strings.Contains(err.Error(), "HTTP 404: proxy not found"), "nobody", err)

	_, err = proxy.AddToxic("", "latency", "sideways", -1, toxiproxy.Attributes{"latency": 5})
	check(err != nil && strings.Contains(err.Error(), "stream was invalid"), "no such stream", err)
	toxic, err := proxy.AddToxic("", "latency", "upstream", 0.5, toxiproxy.Attributes{"latency": 5})
	must(err)
	check(toxic.Name == "latency_upstream" && toxic.Toxicity == 0.5, "toxic", toxic)
	toxic, err = proxy.UpdateToxic("latency_upstream", -1, toxiproxy.Attributes{"jitter": 2})
	must(err)
	check(fmt.Sprint(toxic.Attributes) == "map[jitter:2 latency:5]", "changed toxic", toxic)
	toxics, err := proxy.Toxics()
	must(err)
	check(len(toxics) == 1, "toxics", toxics)
	must(proxy.RemoveToxic("latency_upstream"))
	check(proxy.RemoveToxic("latency_upstream") != nil, "removed twice", nil)

	must(proxy.Disable())
	found, err := server.Proxy("mail")
	must(err)
	check(!found.Enabled, "disabled", found)
	must(server.ResetState())
	made, err := server.Populate([]toxiproxy.Proxy{{Name: "other", Listen: "127.0.0.1:0", Upstream: os.Args[2], Enabled: true}})
	must(err)
	check(len(made) == 1 && made[0].Enabled, "populated", made)
	must(proxy.Delete())
	all, err := server.Proxies()
	must(err)
	check(len(all) == 1 && all["other"] != nil, "proxies", all)
	fmt.Println("all is well")
}
