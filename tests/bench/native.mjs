// native.mjs - runs bench_native and writes its two figures.
import { native, record } from "./lib.mjs";

const samples = native("bench_native");
record({ id: "qr-native", title: "QR, native, string to modules", unit: "us", samples: samples["qr-native"], reach: 1 / 8, star: 1 / 12 });
record({ id: "totp-native", title: "TOTP verify +-1, native, from key bytes", unit: "us", samples: samples["totp-native"], against: ["liboath"], reach: 1 / 4.5 });
