// SPDX-License-Identifier: Apache-2.0
#include "formats/receipt_releases.hpp"

// To add a release: its key, with the source, and a line of the table. A test computes every
// selector again from the line it stands in.

namespace vcp::zk {
namespace {

// From crate risc0-groth16 3.0.5 (the same in 1.2.6 and 2.0.3), src/verifier.rs, here compressed.
constexpr std::string_view kRisc0Key =
    "e2f26dbea299f5223b646cb1fb33eadb059d9407559d7441dfd902e3a79a4d2dabb73dc17fbc13021e2471e0"
    "c08bd67d8401f52b73d6d07483794cad4778180e0c06f33bbc4c79a9cadef253a68084d382f17788f885c9af"
    "d176f7cb2f036789edf692d95cbdde46ddda5ef7d422436779445c5e66006a42761e1f12efde0018c212f3ae"
    "b785e49712e7a9353349aaf1255dfb31b7bf60723a480d9293938e1933033e7fea1f40604eaacf699d4be9aa"
    "cc577054a0db22d9129a1728ff85a01a1c3af829b62bf4914c0bcf2c81a4bd577190eff5f194ee9bac95faef"
    "d53cb0030600000000000000e43bdc655d0f9d730535554d9caa611ddd152c081a06a932a8e1d5dc259aac12"
    "3f42a188f683d869873ccc4c119442e57b056e03e2fa92f2028c97bc20b9078747c30f85444697fdf436e348"
    "711c011115963f855197243e4b39e6cbe236ca8ba7f2042e11f9255afbb6c6e2c3accb88e401f2aac21c097c"
    "92b3fbdb99f98a9b0dcd6c075ada6ed0ddfece1d4a2d005f61a7d5df0b75c18a5b2374d64e495fab93d4c4b1"
    "200394d5253cce2f25a59b862ee8e4cd43686603faa09d5d0d3c1c8f";

// From crate sp1-solana 0.1.0, vk/v2.0.0/groth16_vk.bin.
constexpr std::string_view kSp1Key20 =
    "ab93c0e5bbf8221957b2f7d78d1d2e84dbff4b8254143dfcf2957d0fe8684042875b247d36d18c34da9c3c05"
    "eb1cfc323b81dd08cfedab04027d1b20fce68a4e9bd52260cdb2b01f1cb65c958abd7946dddb9e6349f061fc"
    "5ca112cad5ea616a04a9ddc5de5bf492a7b0007285277600c93093cb32d052c4065299a06c2e0daacc2a9aee"
    "aa39fd1492a7cd6a5b932cc7d8b9485f03932e05c8db692bb94a669214ef16481bbe2eac517269b09d6c33cb"
    "c8d84a05a526f0dc61496daf7133cd77af89ad5f62196dc703c0fcb7cd8b6ff2d5d2bbe864d2043987e95493"
    "37d95d508102924fa589cc9cc272153299c55aa9cf873ae19ec804fd4d7faee9bbba3a6d0906afea03832c71"
    "70dec8132522d8afe392e4e14213f99e7375be68dae93de00000000398270db7f2e69e3bd0ad1c0f55792db8"
    "d370947f473d8105bec1af4de7feb81aac023e73150aeeb0dbd2a96c466fbe8952bd7f0943f87b309b7b41be"
    "d9d95abbca217a82d4988fdcb9acf214631281d707601235aab54fd4dfbfdd1887fcbdd100000000dab24faa"
    "0928b96c1b7eb5e585acec34e3c19c4912a52a0c3e3bd7194508a308093d61aa9a5f9c4074964f32c6f8ebc4"
    "dfec0f5a11cb3afe8d0375bff2999922aafc979e71e6971fb5f8e99aa56bd38bb38e8f6847032e11186a106b"
    "24e2554327c9dd443572733e50497cd876773fb208b4a97b257a1c6c7b56a31c9d768d11";

// From crate sp1-solana 0.1.0, vk/v3.0.0rc4/groth16_vk.bin.
constexpr std::string_view kSp1Key30Rc4 =
    "9b86039b1b1c2ed6b007d4c1a92c8b4641bef346e1bcd01d4ef2515f93a816389e632fd33b25d5283eb70605"
    "d292369220e53e91781cf73229bad7b744c50f96c95754c096f6eb1f66446c1574d17b83b2ed90b7ef50a37f"
    "707d2db8a365b7070c723cef3b513f9751f1b2d09192ef3ce3fefc88840ce33a98daf858e3252dd0df456c1f"
    "cd1a272d9eaef2d80b4f27bcc2367e4de277e1a86d1308e60000bf8e2809bfdf22c6dd28d21ac14a685084b8"
    "576d44e4dda7b5331c985354427c2a7eddca83ab0ac98d4315c534fd159e6f27e14b0dd05b8d446ed1edb023"
    "47b245cec67ec40b2200bc90d562f11166b50bef2c05e509868a30c97e3794c80df8a0f5092978aaadb7157a"
    "8a0d0c480ca7599f637d5a7943ac58eee486e069360d66170000000397f11ca5826f2e0c3488983f9cfb53d8"
    "00207bb41d455a8c64c85028120a7cffd020610f13fa321f27d3bb55dca8270dda27d0fc6cbc22e11ea822d8"
    "357dd64ed2e07bf5eded28ea2ddbdb0c7818d3b9ec9a66e46339964b4c9283aad6fe96d50000000000000000";

// From crate sp1-solana 0.1.0, vk/v3.0.0/groth16_vk.bin.
constexpr std::string_view kSp1Key30 =
    "ad4d9aa7e302d9df41749d5507949d05dbea33fbb16c643b22f599a2be6df2e2e1a1575c2e494d3613e95e43"
    "b622318d9225c820e46acd08e8c987b44051195bc967032fcbf776d1afc985f88877f182d38480a653f2deca"
    "a9794cbc3bf3060c0e187847ad4c798374d0d6732bf501847dd68bc0e071241e0213bc7fc13db7ab998e9393"
    "920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479"
    "674322d4f75edadd46debd5cd992f6edd63e92d1f8f778ec7f3633cb4b780b675c694395d723ec92abe3c7ba"
    "5a94aee7e1ab438b0ad9688f8d9afc96ed0ab25e6ab7f19ed6f7d58a9dc136d68de55e3e2d1f461ca03a6552"
    "8393919e9e412f6b82d7096e44fa039bd7642a5112188af700000003c251859caefe66b516c5549d3768d1ba"
    "94146083cb044026abebc9908991924893a264f6a5d0e3938bea4e4431d417f2980774db501085ceafd0d7e7"
    "6a7f128b83777818388f77b4065a87d01e141b5fec2ee452d1ada3493892aca2c4da5d400000000000000000";

// From crate sp1-solana 0.1.0, vk/v4.0.0-rc.3/groth16_vk.bin.
constexpr std::string_view kSp1Key40 =
    "ad4d9aa7e302d9df41749d5507949d05dbea33fbb16c643b22f599a2be6df2e2e1a1575c2e494d3613e95e43"
    "b622318d9225c820e46acd08e8c987b44051195bc967032fcbf776d1afc985f88877f182d38480a653f2deca"
    "a9794cbc3bf3060c0e187847ad4c798374d0d6732bf501847dd68bc0e071241e0213bc7fc13db7ab998e9393"
    "920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479"
    "674322d4f75edadd46debd5cd992f6edc980d3486a83b99e6c876acec4d309746e28cd96fa8e01864daa8459"
    "9384f354a62eabe81511aa8e3034cbd75d42e708aa4ed80303fb0e4fb90cd0ff6e9092132b65c9ae2605f3ef"
    "5540d3a64503c84fe5e1d9ec6eb1bd3a906bbc80830e8e5400000003ced6e0c13f353262ae2dbbe49ce6a0b6"
    "7576d38aaf5958564be7648356830ef7db611b8f696f28ffb6250c7ffac66efbd638d97f0d6c843c23691c3a"
    "f532c9e3a974086bde6c91267b201137cfe6ee8cd50ff0a3da861e808503e7df4da87b8d0000000000000000";

// From crate sp1-solana 0.1.0, vk/v5.0.0/groth16_vk.bin.
constexpr std::string_view kSp1Key50 =
    "ad4d9aa7e302d9df41749d5507949d05dbea33fbb16c643b22f599a2be6df2e2e1a1575c2e494d3613e95e43"
    "b622318d9225c820e46acd08e8c987b44051195bc967032fcbf776d1afc985f88877f182d38480a653f2deca"
    "a9794cbc3bf3060c0e187847ad4c798374d0d6732bf501847dd68bc0e071241e0213bc7fc13db7ab998e9393"
    "920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479"
    "674322d4f75edadd46debd5cd992f6edd8e5739a73d657e832a336791977332a4b96e5bbfdcb9903afe487db"
    "9aa6cb5ddcc7cb8de715675f21f01ecc9b46d236e0865e0cc020024521998269845f74e603ff41f4ba0c37fe"
    "2caf27354d28e4b8f83d3b76777a63b327d736bffb0122ed00000003a6091e1cafb0ad8a4ea0a694cd3743eb"
    "f524779233db734c451d28b58aa9758e861c3fd0fd3da25d2607c227d090cca750ed36c6ec878755e537c1c4"
    "8951fb4c84eab241388a79817fe0e0e2ead0b2ec4ffdec51a16028dee020634fd129e71c0000000000000000";

// From crate sp1-verifier 6.0.2, vk-artifacts/groth16_vk.bin.
constexpr std::string_view kSp1Key60 =
    "e838edbc8aee47ec511c2837d538a49ffd752370e06ed44e109b4c0f35be6e3aabbbc51c6076754b04eb297e"
    "3eac8a0c76aba01b10f2455b7f6ace31f0bb8170828cbe84124fba3ad76d33e6ca441f570726da5692cae533"
    "5a52209a15b9fd452f6457660eeb88acf2baf1e7aefc0958da27058879cc77ba162d2df754aaf933998e9393"
    "920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479"
    "674322d4f75edadd46debd5cd992f6ede4e2137a99f2749aa034638b5af8c93bdc02599305efa5fee4ec66d3"
    "658726ceef21b62705c5d7f4a7482bf1a69c35db8858584d6f155381b22022a71f817afa08da56e9eb0d183a"
    "64e55881a5ed90cfdb0ed5229e588ec3de4452045b2445b100000006ea2cd5881e62ead81dc6997cfff99774"
    "5379facd38c972e0825deedb0e4fa564e19e17d13bc5f5ae36d78093cd6d112374a69844b7d058a7a0a62493"
    "f1c369c4a58c71a2309359a248879ba915796e5e2e655acebace0ae7ef8fda2d40d2b2d6c945b0f65ee8acfc"
    "e0b22bab7a27663bfaf8eed78d511a96a54b50f307cd2a23a90b3cba8ec4c97f171261b17b9c90e101b65934"
    "db12f4a299d4d5b939e9235ce2474ea30b64abc35269a0c55be5972965bf920e937c3d1927da5e89e60cf916"
    "0000000000000000";

// From crate sp1-verifier 6.10.0, vk-artifacts/groth16_vk.bin.
constexpr std::string_view kSp1Key61 =
    "e1c7d728a5fd961fc179ec5eab938f564deba5b271e1c90c2c29a79648418fc182e78e216b27cb2b30abd22d"
    "17fb65b747ad8050d18e543498522d01a2c3fe79dc3c9339849225980c7d3f824f80d19e2a9c2554b6ab2160"
    "fa9635528f693fc00d964538da2653f2e62499571e6c78afb8909d3ea8107f306bd6928253680a3a998e9393"
    "920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479"
    "674322d4f75edadd46debd5cd992f6edd7e00b2ca4f62668135017ed8a68894e104ac26dfd9bf376634b42af"
    "9e5ae50e91b7e9276171bb0efd647fc63e38bbfba3076f20daca8cd52bcc7284d9b1c6eb1723616533dd6ae5"
    "3502c9c506a81f23f543d68750b5133ebfbe1f4746b3b01100000006acd6bf7f164af0b6b0bbbe0fdcb06ee0"
    "c1ba07f8e6eb2f9f3943a90cb1d402908f5460f3b7221705435e745da21e276536379c0113c13c4255e7ae10"
    "1f1e90bf8b0ae6e491bc04c544da9e8cd4857d201b4cfa0222dbe96aac97f044fdf1c922c97c875a6ebd0999"
    "b06e7267ff3d8a6bf859bb9635abae07cb6b3534ba409a839807204ddcd27506ba72e17b55227b0bf310136e"
    "cb40c74acd52f3ccfbcba9f7808c7b7c98d78c07a2c4be5f6be7082ba41021611f9a2dfc016f8bbb37d36bee"
    "0000000000000000";

// RISC Zero's control id of the program that wraps into BN254: crates risc0-circuit-recursion, as
// each release of risc0-ethereum-contracts gives it in src/groth16/ControlID.sol, bytes reversed.
constexpr std::string_view kControlId11 =
    "4e160df1e119ac0e3d658755a9edf38c8feb307b34bc10b57f4538dbe122a005";
constexpr std::string_view kControlId12 =
    "c07a65145c3cb48b6101962ea607a4dd93c753bb26975cb47feb00d3666e4404";

constexpr ReceiptRelease kReleases[] = {
    // Control roots: risc0-ethereum-contracts 3.0.1, src/selector.rs and src/groth16/ControlID.sol.
    {.versions = "1.1",
     .zkvm = Format::risc0,
     .layout = SignalLayout::risc0,
     .selector = "50bd1769",
     .withdrawn = "",
     .key = kRisc0Key,
     .root = "8b6dcf11d463ac455361b41fb3ed053febb817491bdea00fdb340e45013b852e",
     .control_id = kControlId11},
    {.versions = "1.2",
     .zkvm = Format::risc0,
     .layout = SignalLayout::risc0,
     .selector = "c101b42b",
     .withdrawn = "",
     .key = kRisc0Key,
     .root = "8cdad9242664be3112aba377c5425a4df735eb1c6966472b561d2855932c0469",
     .control_id = kControlId12},
    {.versions = "2.0",
     .zkvm = Format::risc0,
     .layout = SignalLayout::risc0,
     .selector = "9f39696c",
     .withdrawn = "the verifier was unsound (GHSA-g3qg-6746-3mg9)",
     .key = kRisc0Key,
     .root = "539032186827b06719244873b17b2d4c122e2d02cfb1994fe958b2523b844576",
     .control_id = kControlId12},
    {.versions = "2.1",
     .zkvm = Format::risc0,
     .layout = SignalLayout::risc0,
     .selector = "f536085a",
     .withdrawn = "the verifier was unsound (GHSA-f6rc-24x4-ppxp)",
     .key = kRisc0Key,
     .root = "884389273e128b32475b334dec75ee619b77cb33d41c332021fe7e44c746ee60",
     .control_id = kControlId12},
    {.versions = "2.2",
     .zkvm = Format::risc0,
     .layout = SignalLayout::risc0,
     .selector = "bb001d44",
     .withdrawn = "",
     .key = kRisc0Key,
     .root = "ce52bf56033842021af3cf6db8a50d1b7535c125a34f1a22c6fdcf002c5a1529",
     .control_id = kControlId12},
    {.versions = "3.0",
     .zkvm = Format::risc0,
     .layout = SignalLayout::risc0,
     .selector = "73c457ba",
     .withdrawn = "",
     .key = kRisc0Key,
     .root = "a54dc85ac99f851c92d7c96d7318af41dbe7c0194edfcc37eb4d422a998c1f56",
     .control_id = kControlId12},
    // Roots of the accepted recursion keys: computed in crate sp1-verifier 6.0.2, src/lib.rs, and
    // written down there in 6.10.0.
    {.versions = "2.0",
     .zkvm = Format::sp1,
     .layout = SignalLayout::sp1_v2,
     .selector = "6a2906ac",
     .withdrawn = "",
     .key = kSp1Key20,
     .root = ""},
    {.versions = "3.0-rc4",
     .zkvm = Format::sp1,
     .layout = SignalLayout::sp1_v2,
     .selector = "feb5e54e",
     .withdrawn = "",
     .key = kSp1Key30Rc4,
     .root = ""},
    {.versions = "3.0",
     .zkvm = Format::sp1,
     .layout = SignalLayout::sp1_v2,
     .selector = "09069090",
     .withdrawn = "",
     .key = kSp1Key30,
     .root = ""},
    {.versions = "4.0",
     .zkvm = Format::sp1,
     .layout = SignalLayout::sp1_v2,
     .selector = "11b6a09d",
     .withdrawn = "",
     .key = kSp1Key40,
     .root = ""},
    {.versions = "5.0",
     .zkvm = Format::sp1,
     .layout = SignalLayout::sp1_v2,
     .selector = "a4594c59",
     .withdrawn = "",
     .key = kSp1Key50,
     .root = ""},
    {.versions = "6.0",
     .zkvm = Format::sp1,
     .layout = SignalLayout::sp1_v6,
     .selector = "0e78f4db",
     .withdrawn = "the verifier was unsound (CVE-2026-40323)",
     .key = kSp1Key60,
     .root = "008cd56e10c2fe24795cff1e1d1f40d3a324528d315674da45d26afb376e8670"},
    {.versions = "6.1",
     .zkvm = Format::sp1,
     .layout = SignalLayout::sp1_v6,
     .selector = "4388a21c",
     .withdrawn = "",
     .key = kSp1Key61,
     .root = "002f850ee998974d6cc00e50cd0814b098c05bfade466d28573240d057f25352"},
};

}  // namespace

std::span<const ReceiptRelease> receipt_releases() { return kReleases; }

}  // namespace vcp::zk
