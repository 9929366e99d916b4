//! Known answers of signature schemes.

use copath_crypto::SignatureScheme;

/// A key pair, a message and its signature: what a deterministic signer gives, with low s for ECDSA.
pub(crate) struct Signed {
    pub(crate) source: &'static str,
    pub(crate) scheme: SignatureScheme,
    pub(crate) private_key: &'static [u8],
    pub(crate) public_key: &'static [u8],
    pub(crate) message: &'static [u8],
    pub(crate) signature: &'static [u8],
}

#[rustfmt::skip]
pub(crate) const SIGNED: [Signed; 13] = [
    Signed {
        source: "RFC 8032 section 7.1, TEST 1",
        scheme: SignatureScheme::ED25519,
        private_key: hex!("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
        public_key: hex!("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
        message: hex!(""),
        signature: hex!(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    },
    Signed {
        source: "RFC 8032 section 7.1, TEST 2",
        scheme: SignatureScheme::ED25519,
        private_key: hex!("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
        public_key: hex!("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
        message: hex!("72"),
        signature: hex!(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    },
    Signed {
        source: "RFC 8032 section 7.1, TEST 3",
        scheme: SignatureScheme::ED25519,
        private_key: hex!("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
        public_key: hex!("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
        message: hex!("af82"),
        signature: hex!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    },
    Signed {
        source: "RFC 8032 section 7.1, TEST SHA(abc)",
        scheme: SignatureScheme::ED25519,
        private_key: hex!("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"),
        public_key: hex!("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"),
        message: hex!(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
            "454d4423643ce80e2a9ac94fa54ca49f"
        ),
        signature: hex!(
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
            "3dca179c138ac17ad9bef1177331a704"
        ),
    },
    Signed {
        source: "RFC 8032 section 7.4, blank",
        scheme: SignatureScheme::ED448,
        private_key: hex!(
            "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f"
            "032e7549a20098f95b"
        ),
        public_key: hex!(
            "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6c"
            "d1fa1abeafe8256180"
        ),
        message: hex!(""),
        signature: hex!(
            "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d78"
            "28c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db"
            "b61149f05a7363268c71d95808ff2e652600"
        ),
    },
    Signed {
        source: "RFC 8032 section 7.4, 1 octet",
        scheme: SignatureScheme::ED448,
        private_key: hex!(
            "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949e"
            "f8021e954e0a12274e"
        ),
        public_key: hex!(
            "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c"
            "235160627b4c3a9480"
        ),
        message: hex!("03"),
        signature: hex!(
            "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633"
            "fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
            "f3348ab21aa4adafd1d234441cf807c03a00"
        ),
    },
    Signed {
        source: "RFC 8032 section 7.4, 256 octets",
        scheme: SignatureScheme::ED448,
        private_key: hex!(
            "2ec5fe3c17045abdb136a5e6a913e32ab75ae68b53d2fc149b77e504132d37569b7e766ba74a19bd6162343a21c8590a"
            "a9cebca9014c636df5"
        ),
        public_key: hex!(
            "79756f014dcfe2079f5dd9e718be4171e2ef2486a08f25186f6bff43a9936b9bfe12402b08ae65798a3d81e22e9ec80e"
            "7690862ef3d4ed3a00"
        ),
        message: hex!(
            "15777532b0bdd0d1389f636c5f6b9ba734c90af572877e2d272dd078aa1e567cfa80e12928bb542330e8409f31745041"
            "07ecd5efac61ae7504dabe2a602ede89e5cca6257a7c77e27a702b3ae39fc769fc54f2395ae6a1178cab4738e543072f"
            "c1c177fe71e92e25bf03e4ecb72f47b64d0465aaea4c7fad372536c8ba516a6039c3c2a39f0e4d832be432dfa9a706a6"
            "e5c7e19f397964ca4258002f7c0541b590316dbc5622b6b2a6fe7a4abffd96105eca76ea7b98816af0748c10df048ce0"
            "12d901015a51f189f3888145c03650aa23ce894c3bd889e030d565071c59f409a9981b51878fd6fc110624dcbcde0bf7"
            "a69ccce38fabdf86f3bef6044819de11"
        ),
        signature: hex!(
            "c650ddbb0601c19ca11439e1640dd931f43c518ea5bea70d3dcde5f4191fe53f00cf966546b72bcc7d58be2b9badef28"
            "743954e3a44a23f880e8d4f1cfce2d7a61452d26da05896f0a50da66a239a8a188b6d825b3305ad77b73fbac0836ecc6"
            "0987fd08527c1a8e80d5823e65cafe2a3d00"
        ),
    },
    Signed {
        source: "RFC 6979 appendix A.2.5, sample, s made low (it was high)",
        scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
        private_key: hex!("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
        public_key: hex!(
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc"
            "64f2f1b20c2d7e9f5177a3c294d4462299"
        ),
        message: hex!("73616d706c65"),
        signature: hex!(
            "3045022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf371602200834e36ad29a83bf2b"
            "c9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"
        ),
    },
    Signed {
        source: "RFC 6979 appendix A.2.5, test, s made low",
        scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
        private_key: hex!("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
        public_key: hex!(
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc"
            "64f2f1b20c2d7e9f5177a3c294d4462299"
        ),
        message: hex!("74657374"),
        signature: hex!(
            "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d383670220019f4113742a2b14bd"
            "25926b49c649155f267e60d3814b4c0cc84250e46f0083"
        ),
    },
    Signed {
        source: "RFC 6979 appendix A.2.6, sample, s made low (it was high)",
        scheme: SignatureScheme::ECDSA_SECP384R1_SHA384,
        private_key: hex!(
            "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5"
        ),
        public_key: hex!(
            "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc"
            "138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd25332647"
            "20"
        ),
        message: hex!("73616d706c65"),
        signature: hex!(
            "306502310094edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd"
            "1e80fabe4602306610b514ea0e87315e01bf24d9fcec70ecf18bf5e69dbad9a727ea302393848fb4f04c6cd0423fdc71"
            "69525094629eab"
        ),
    },
    Signed {
        source: "RFC 6979 appendix A.2.6, test, s made low (it was high)",
        scheme: SignatureScheme::ECDSA_SECP384R1_SHA384,
        private_key: hex!(
            "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5"
        ),
        public_key: hex!(
            "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc"
            "138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd25332647"
            "20"
        ),
        message: hex!("74657374"),
        signature: hex!(
            "30650231008203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb0542a7f0812998da8f1dd3"
            "ca3cf023db0230222f89fbb72bd275bc50ba507c9031b21741f94b7a1649e444e71e6edcfe09feeda66eae426701132d"
            "b096e8860a83ce"
        ),
    },
    Signed {
        source: "RFC 6979 appendix A.2.7, sample, s made low",
        scheme: SignatureScheme::ECDSA_SECP521R1_SHA512,
        private_key: hex!(
            "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc"
            "1466f6d8fbec67db89ec0c08b0e996b83538"
        ),
        public_key: hex!(
            "0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb6"
            "33155d38ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d663"
            "0f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5"
        ),
        message: hex!("73616d706c65"),
        signature: hex!(
            "308187024200c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d45060"
            "6add152b534931d7d4e8455cc91f9b15bf05ec36e377fa0241617cce7cf5064806c467f678d3b4080d6f1cc50af26ca2"
            "09417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"
        ),
    },
    Signed {
        source: "RFC 6979 appendix A.2.7, test, s made low (it was high)",
        scheme: SignatureScheme::ECDSA_SECP521R1_SHA512,
        private_key: hex!(
            "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc"
            "1466f6d8fbec67db89ec0c08b0e996b83538"
        ),
        public_key: hex!(
            "0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb6"
            "33155d38ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d663"
            "0f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5"
        ),
        message: hex!("74657374"),
        signature: hex!(
            "3081870242013e99020abf5cee7525d16b69b229652ab6bdf2affcaef38773b4b7d08725f10cdb93482fdcc54edcee91"
            "eca4166b2a7c6265ef0ce2bd7051b7cef945babd47ee6d0241042ffec398b558634c67b6ad86e931cfe39915831747f9"
            "7d879529f067081875e0871c978df9bb9587cc2b53e229002daeeea20ec39fefe7398bf4a1c063538726"
        ),
    },
];
