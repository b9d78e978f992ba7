using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Pointers;

/// <summary>Structs of the network, about traffic of a known amount: members in anonymous unions, bit fields, enums, addresses.</summary>
public class PacketTests
{
    [Fact]
    public void DroppedDatagramsAreLedThroughToTheirHeaders()
    {
        var run = Trace(() => Send(500, 100), """
            trace skb:kfree_skb /protocol == 0x800/ {
                var skb = cast("struct sk_buff", skbaddr)
                var ip = cast("struct iphdr", skb.head + skb.network_header)
                if (ip.protocol == 17 and skb.len == 108) {
                    packets[reason, skb.dev.name, ip.version, ip.ihl, hex(cast("u8 *", ip) + 16, 4)] += 1
                    bytes += skb.len
                    if (ip.saddr == 0x0100007f and skb.pkt_type == 0) { same += 1 }
                }
            }
            trace_end { for (k, n in pairs(packets)) print(k, n) print(bytes, same) }
            """);
        Assert.Equal("SKB_DROP_REASON_NO_SOCKET, lo, 4, 5, 7f000001\t500\n54000\t500\n", run.Output);
    }

    [Fact]
    public void SocketsTellTheirAddresses()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var run = Trace(() =>
        {
            using var client = new TcpClient(AddressFamily.InterNetwork);
            client.Connect(IPAddress.Loopback, port);
        }, string.Create(CultureInfo.InvariantCulture, $$"""
            trace sock:inet_sock_set_state /dport == {{port}} && newstate == 2/ {
                print(net.ip_sock_saddr(skaddr), net.ip_sock_daddr(skaddr), saddr[0], saddr[3], hex(daddr, 4), cast("struct sock", skaddr).__sk_common.skc_family)
            }
            """));
        Assert.Equal("16777343\t16777343\t127\t1\t7f000001\t2\n", run.Output);
    }

    private static KtapResult Trace(Action work, string script) => KtapProcess.WithScript(script, file => KtapProcess.Trace(work, file));

    private static void Send(int count, int size)
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)closed.LocalEndPoint!).Port;
        closed.Close();
        using var from = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        for (var i = 0; i < count; i++) from.SendTo(new byte[size], new IPEndPoint(IPAddress.Loopback, port));
    }
}
