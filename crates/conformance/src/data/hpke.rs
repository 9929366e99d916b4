//! HPKE in base mode, one vector a suite.
//!
//! RFC 9180 appendix A where it has the suite. It has none with X448 or P-384: those were computed once with OpenSSL's
//! primitives by a key schedule that reproduces appendix A.

use copath_crypto::CipherSuite;

/// One sender and one recipient.
pub(crate) struct Vector {
    pub(crate) suite: CipherSuite,
    pub(crate) source: &'static str,
    pub(crate) info: &'static [u8],
    /// The sender's seed.
    pub(crate) ikm_e: &'static [u8],
    pub(crate) ikm_r: &'static [u8],
    /// The recipient's, clamped for X25519 and X448.
    pub(crate) private_key: &'static [u8],
    pub(crate) public_key: &'static [u8],
    pub(crate) kem_output: &'static [u8],
    pub(crate) shared_secret: &'static [u8],
    pub(crate) aad: &'static [u8],
    pub(crate) plaintext: &'static [u8],
    pub(crate) ciphertext: &'static [u8],
    /// Exporter contexts and the 32 octets that they give.
    pub(crate) exports: [(&'static [u8], &'static [u8]); 3],
}

#[rustfmt::skip]
pub(crate) const VECTORS: [Vector; 7] = [
    Vector {
        suite: CipherSuite(1),
        source: "RFC 9180 appendix A: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM",
        info: hex!("4f6465206f6e2061204772656369616e2055726e"),
        ikm_e: hex!("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234"),
        ikm_r: hex!("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037"),
        private_key: hex!("4012c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8a48"),
        public_key: hex!("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"),
        kem_output: hex!("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"),
        shared_secret: hex!("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc"),
        aad: hex!("436f756e742d30"),
        plaintext: hex!("4265617574792069732074727574682c20747275746820626561757479"),
        ciphertext: hex!(
            "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
        ),
        exports: [
            (hex!(""), hex!("3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee")),
            (hex!("00"), hex!("2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5")),
            (hex!("54657374436f6e74657874"), hex!("e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931")),
        ],
    },
    Vector {
        suite: CipherSuite(2),
        source: "RFC 9180 appendix A: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM",
        info: hex!("4f6465206f6e2061204772656369616e2055726e"),
        ikm_e: hex!("4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e"),
        ikm_r: hex!("668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550"),
        private_key: hex!("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"),
        public_key: hex!(
            "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d3"
            "0ad6aa8f80e30f1d128aafd68a2ce72ea0"
        ),
        kem_output: hex!(
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900"
            "be863c403ce65c9bfcb9382657222d18c4"
        ),
        shared_secret: hex!("c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8"),
        aad: hex!("436f756e742d30"),
        plaintext: hex!("4265617574792069732074727574682c20747275746820626561757479"),
        ciphertext: hex!(
            "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"
        ),
        exports: [
            (hex!(""), hex!("5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d")),
            (hex!("00"), hex!("6cff87658931bda83dc857e6353efe4987a201b849658d9b047aab4cf216e796")),
            (hex!("54657374436f6e74657874"), hex!("d8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1dab85a")),
        ],
    },
    Vector {
        suite: CipherSuite(3),
        source: "RFC 9180 appendix A: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305",
        info: hex!("4f6465206f6e2061204772656369616e2055726e"),
        ikm_e: hex!("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b"),
        ikm_r: hex!("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"),
        private_key: hex!("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e07b"),
        public_key: hex!("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
        kem_output: hex!("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"),
        shared_secret: hex!("0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7"),
        aad: hex!("436f756e742d30"),
        plaintext: hex!("4265617574792069732074727574682c20747275746820626561757479"),
        ciphertext: hex!(
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
        ),
        exports: [
            (hex!(""), hex!("4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e")),
            (hex!("00"), hex!("8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69")),
            (hex!("54657374436f6e74657874"), hex!("5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53")),
        ],
    },
    Vector {
        suite: CipherSuite(4),
        source: "computed with OpenSSL",
        info: hex!("4f6465206f6e2061204772656369616e2055726e"),
        ikm_e: hex!(
            "880db97415e16d2840e560650cb8d692ebba2918032e4a832ce8cd3997670e5fd1c94a3ae8c78b07cbe460eca67456da"
            "46c3d5e42885eb45"
        ),
        ikm_r: hex!(
            "cae970b517be4f774a89becccdbed5e1fe290ce63ce60a0cfee5cc47ffa81960a16faff02374e8eed65d425c01940951"
            "bd2ac8f7cc6aab65"
        ),
        private_key: hex!(
            "00df08dc51f7880ab0ee4dbfbf3e853ee04507fc9b8eadcdc1d55558221e24952b71012397853a93235d000d0c0de2db"
            "71c7e9a89d0706a9"
        ),
        public_key: hex!(
            "bd014a75691d70adab9de8c3b5a807ae4903da53fff38b197e16d029f87d25148fceaa69512a5ce71894e8b3bea02967"
            "43f1907c59c2214c"
        ),
        kem_output: hex!(
            "375c1a3fa2d652259e01fa5e7c9410e45842ab44a4183d5c46df1b6872a6333cea3c8432ad066e3b575a41c755aac086"
            "4875399fd2a40fd0"
        ),
        shared_secret: hex!(
            "0b947c21bb325b9b9bd576a4e83b0ebf5fe0bd7f9cbb1eb75de4b6e6c44b10a7d5c66df5eb7ecbeb51abdc1e6cb58dbf"
            "e4819ec3220accca70c99d1558eccff5"
        ),
        aad: hex!("436f756e742d30"),
        plaintext: hex!("4265617574792069732074727574682c20747275746820626561757479"),
        ciphertext: hex!(
            "969a5fb5642a5a825bac9b1d2959970cab7cfdea00c8121610f2c80b7ad382d12e9a8e26be1b42c16c6017f7c0"
        ),
        exports: [
            (hex!(""), hex!("e0e5a9bd59933cb3c6ed3f9749cc4396611e099f286f7d0cded1269f2c35fcac")),
            (hex!("00"), hex!("76643c24cc08c6be0d267bf1ea8d71539e709e933eaf4fd78ade9426ae62f1b3")),
            (hex!("54657374436f6e74657874"), hex!("63a9ded7c9166a7f4c9f21a7d97d159ddd0af8401e34f061e57ac15fb4d4c7be")),
        ],
    },
    Vector {
        suite: CipherSuite(5),
        source: "RFC 9180 appendix A: DHKEM(P-521, HKDF-SHA512), HKDF-SHA512, AES-256-GCM",
        info: hex!("4f6465206f6e2061204772656369616e2055726e"),
        ikm_e: hex!(
            "7f06ab8215105fc46aceeb2e3dc5028b44364f960426eb0d8e4026c2f8b5d7e7a986688f1591abf5ab753c357a5d6f04"
            "40414b4ed4ede71317772ac98d9239f70904"
        ),
        ikm_r: hex!(
            "2ad954bbe39b7122529f7dde780bff626cd97f850d0784a432784e69d86eccaade43b6c10a8ffdb94bf943c6da479db1"
            "37914ec835a7e715e36e45e29b587bab3bf1"
        ),
        private_key: hex!(
            "01462680369ae375e4b3791070a7458ed527842f6a98a79ff5e0d4cbde83c27196a3916956655523a6a2556a7af62c5c"
            "adabe2ef9da3760bb21e005202f7b2462847"
        ),
        public_key: hex!(
            "0401b45498c1714e2dce167d3caf162e45e0642afc7ed435df7902ccae0e84ba0f7d373f646b7738bbbdca11ed91bdea"
            "e3cdcba3301f2457be452f271fa6837580e661012af49583a62e48d44bed350c7118c0d8dc861c238c72a2bda17f6470"
            "4f464b57338e7f40b60959480c0e58e6559b190d81663ed816e523b6b6a418f66d2451ec64"
        ),
        kem_output: hex!(
            "040138b385ca16bb0d5fa0c0665fbbd7e69e3ee29f63991d3e9b5fa740aab8900aaeed46ed73a49055758425a0ce3650"
            "7c54b29cc5b85a5cee6bae0cf1c21f2731ece2013dc3fb7c8d21654bb161b463962ca19e8c654ff24c94dd2898de1205"
            "1f1ed0692237fb02b2f8d1dc1c73e9b366b529eb436e98a996ee522aef863dd5739d2f29b0"
        ),
        shared_secret: hex!(
            "776ab421302f6eff7d7cb5cb1adaea0cd50872c71c2d63c30c4f1d5e43653336fef33b103c67e7a98add2d3b66e2fda9"
            "5b5b2a667aa9dac7e59cc1d46d30e818"
        ),
        aad: hex!("436f756e742d30"),
        plaintext: hex!("4265617574792069732074727574682c20747275746820626561757479"),
        ciphertext: hex!(
            "170f8beddfe949b75ef9c387e201baf4132fa7374593dfafa90768788b7b2b200aafcc6d80ea4c795a7c5b841a"
        ),
        exports: [
            (hex!(""), hex!("05e2e5bd9f0c30832b80a279ff211cc65eceb0d97001524085d609ead60d0412")),
            (hex!("00"), hex!("fca69744bb537f5b7a1596dbf34eaa8d84bf2e3ee7f1a155d41bd3624aa92b63")),
            (hex!("54657374436f6e74657874"), hex!("f389beaac6fcf6c0d9376e20f97e364f0609a88f1bc76d7328e9104df8477013")),
        ],
    },
    Vector {
        suite: CipherSuite(6),
        source: "computed with OpenSSL",
        info: hex!("4f6465206f6e2061204772656369616e2055726e"),
        ikm_e: hex!(
            "20254175f22c1bea9021a3ecc5515fa0ef84a0d36a3a93c4c461e6c77efbcdc312af118fa8f7d7ec755d729337afe059"
            "99a22178746bb961"
        ),
        ikm_r: hex!(
            "1773c7169d09bfa35e581ccbda0120bb530faf5ce02c242d02e527b852017fa0c5f705dcff5c3eea01514ea137db21b4"
            "d77d6ffa2a2c4f78"
        ),
        private_key: hex!(
            "d49ba61475eb3d87d840f12dee135548d78f1e8b7630117ccaaa13a78ce929abd9b91b1e290781fea6e8890de5275dce"
            "998cb2ded726af87"
        ),
        public_key: hex!(
            "790caae4e5ed7c5208e59258d674c30f13f01adf1de2b04cacb9827520f931c7f7e6a3140d3544a0cee59405863ba929"
            "4f2dfdd52e1b555b"
        ),
        kem_output: hex!(
            "3127320d88c814135b7947c3cad349a72025aa94358c68124fc5ed9eef43ed8711ce58bfe8feb2a68d9c71d39afb743f"
            "565b438e007cb284"
        ),
        shared_secret: hex!(
            "33a1a88e833e6845f54ab3f6a51ea07f1c6a2c6de22744ae507ff81b49ab3eb2878bd95b7f896aa29c5c3d2f879b7f79"
            "a17869b7703a993b3abf43e9930261db"
        ),
        aad: hex!("436f756e742d30"),
        plaintext: hex!("4265617574792069732074727574682c20747275746820626561757479"),
        ciphertext: hex!(
            "f3a7dfb82a188e391c9a05686ab18af81dbc9964a80e9fd226aa68c523daee0033f5dc586185a8e73392aaa131"
        ),
        exports: [
            (hex!(""), hex!("0c43820caf35c4bb668fb10663180417c037dece09790e64070a2f645dbc02f7")),
            (hex!("00"), hex!("4d7356baa91f6997057f80bac0103595ee185ae9a11d63e52593dfb5c06d2d59")),
            (hex!("54657374436f6e74657874"), hex!("972eca99019a3c4c9df5616f0be600ee74ee21f19d6bba3bdb525a014e7b3d6a")),
        ],
    },
    Vector {
        suite: CipherSuite(7),
        source: "computed with OpenSSL",
        info: hex!("4f6465206f6e2061204772656369616e2055726e"),
        ikm_e: hex!(
            "9836097045fa7c37b83da603def0afbf2eed3c17eb3d06c8169ac476e8c92385f6b1c9a7857460613309c196dd91a917"
        ),
        ikm_r: hex!(
            "3b61e130101751e80f5fc3287409aab1d6e06ff629c3b32338491e14acf80602474f9e20e66ba6711cc03dca62a3b967"
        ),
        private_key: hex!(
            "9a132cbdec0ac52161de9cb46041eddd17e3bb892e7f5cf641333e800a48b64759d7c68a210bb450099e04bab8d87c6f"
        ),
        public_key: hex!(
            "04f0b8846f5052a3cc74537e622a2d6ec8e4956972314e7c5e94db849dbbfce6d64b850c6ec2a60da67148841c52ed16"
            "7839ece8a7bf7094af172deb56da31e8693c457e6e51ab2092c9ec4c621387c1e03d5871632881e4aa9e76a5b781b107"
            "36"
        ),
        kem_output: hex!(
            "04853e161ae96e1366413631c8ab8a975790ea25f4f18194e5cddae025f67e392a0b89c0e9869a720b50f789d02133dc"
            "02dc0a1c580aaa7be3f7600d13405be93fd246e84d61c2270272781bd58de0723d7d558f5d048c8a8f7eadea40a70f22"
            "13"
        ),
        shared_secret: hex!(
            "03066add505e25af8f417b19891a92707e2caefb85065b58a09b0feb6d594f187a3a6cf6c3380b87ff883c13545e85db"
        ),
        aad: hex!("436f756e742d30"),
        plaintext: hex!("4265617574792069732074727574682c20747275746820626561757479"),
        ciphertext: hex!(
            "b78341252fc129ef476049fd5adbbb8c42af6e45f4668c0388a02f6ad207b1d6a8f2e8141032bdd9192a2de52f"
        ),
        exports: [
            (hex!(""), hex!("e9de3d2dce54ee46f7d6de1d5d1a04a7f5269d2d5b16e8d1c1f7bf4bbf6fa5eb")),
            (hex!("00"), hex!("b5ac2747d5924b1aa62700af233907c9aa0594e672732507d5c6e60e4cbe4d42")),
            (hex!("54657374436f6e74657874"), hex!("dc26b3c2514f73f1a80c57aaf2273c687a455b33a2cb293fa8ca8adae32c8647")),
        ],
    },
];
