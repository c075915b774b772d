import { describe, expect, test } from "bun:test";
import { isPublic, literalOf, rangeOf } from "../../../src/core/media/address.ts";

describe("isPublic()", () => {
  test.each([
    "1.1.1.1",
    "47.97.73.42",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "2400:3200::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:829::200e",
    "240e:83:205:58:0:ff:b09f:36bf",
  ])("%s may be connected to", (address) => {
    expect(rangeOf(address)).toBe("public");
    expect(isPublic(address)).toBe(true);
  });

  test.each([
    ["this network", "0.0.0.0"],
    ["this network", "0.1.2.3"],
    ["private", "10.0.0.1"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["private", "192.168.1.1"],
    ["CGNAT", "100.64.0.1"],
    ["Alibaba Cloud's metadata", "100.100.100.200"],
    ["CGNAT", "100.127.255.255"],
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["metadata", "169.254.169.254"],
    ["IETF", "192.0.0.192"],
    ["documentation", "192.0.2.1"],
    ["documentation", "198.51.100.1"],
    ["documentation", "203.0.113.1"],
    ["6to4 relays", "192.88.99.1"],
    ["benchmark", "198.18.0.1"],
    ["benchmark", "198.19.255.255"],
    ["multicast", "224.0.0.1"],
    ["multicast", "239.255.255.255"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["Azure's WireServer", "168.63.129.16"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["loopback, written out", "0:0:0:0:0:0:0:1"],
    ["mapped", "::ffff:127.0.0.1"],
    ["mapped, in hex", "::ffff:7f00:1"],
    ["mapped, of a public one", "::ffff:1.1.1.1"],
    ["compatible", "::127.0.0.1"],
    ["compatible, in hex", "::7f00:1"],
    ["translated (RFC 6145)", "::ffff:0:7f00:1"],
    ["NAT64", "64:ff9b::7f00:1"],
    ["NAT64, local", "64:ff9b:1::a00:1"],
    ["6to4", "2002:7f00:1::"],
    ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ["benchmark", "2001:2::1"],
    ["ORCHID", "2001:20::1"],
    ["documentation", "2001:db8::1"],
    ["documentation", "3fff::1"],
    ["discard", "100::1"],
    ["segment routing", "5f00::1"],
    ["given out to nobody", "4000::1"],
    ["given out to nobody", "8000::1"],
    ["unique local", "fc00::1"],
    ["unique local, EC2's metadata", "fd00:ec2::254"],
    ["link-local", "fe80::1"],
    ["link-local with a zone", "fe80::1%eth0"],
    ["a zone", "2400:3200::1%eth0"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
    ["decimal", "2130706433"],
    ["octal", "0177.0.0.1"],
    ["octal that looks public", "010.1.1.1"],
    ["hex", "0x7f000001"],
    ["short", "127.1"],
    ["trailing dot", "1.1.1.1."],
    ["brackets", "[2400:3200::1]"],
    ["a name", "localhost"],
    ["nothing", ""],
  ])("%s: %s may not", (_what, address) => {
    expect(isPublic(address)).toBe(false);
  });
});

test("literalOf() tells addresses from names in what a URL's hostname holds", () => {
  expect(literalOf(new URL("http://[::FFFF:127.0.0.1]/").hostname)).toBe("::ffff:7f00:1");
  expect(literalOf(new URL("http://0x7f.1/").hostname)).toBe("127.0.0.1");
  expect(literalOf("example.com")).toBeUndefined();
});
