//! Known answers of hashes, HMAC, HKDF and AEADs.

use copath_crypto::{AeadAlgorithm, HashAlgorithm};

/// FIPS 180-4: a message, its SHA-256, SHA-384 and SHA-512.
pub(crate) type Digests = (&'static [u8], [&'static [u8]; 3]);

/// The hashes, in the order of the answers.
pub(crate) const HASHES: [HashAlgorithm; 3] =
    [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

#[rustfmt::skip]
pub(crate) const DIGESTS: [Digests; 4] = [
    (
        b"",
        [
            hex!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            hex!(
                "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"
            ),
            hex!(
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f"
                "63b931bd47417a81a538327af927da3e"
            ),
        ],
    ),
    (
        b"abc",
        [
            hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            hex!(
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
            ),
            hex!(
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
                "454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ],
    ),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        [
            hex!("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
            hex!(
                "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b"
            ),
            hex!(
                "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca0"
                "31ad85c7a71dd70354ec631238ca3445"
            ),
        ],
    ),
    (
        b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        [
            hex!("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
            hex!(
                "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"
            ),
            hex!(
                "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433a"
                "c7d329eeb6dd26545e96e55b874be909"
            ),
        ],
    ),
];

/// RFC 4231: a key, a message, the HMAC with each hash.
pub(crate) type Macs = (&'static [u8], &'static [u8], [&'static [u8]; 3]);

#[rustfmt::skip]
pub(crate) const MACS: [Macs; 6] = [
    (
        &[0x0b; 20],
        b"Hi There",
        [
            hex!("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            hex!(
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"
            ),
            hex!(
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
                "be9d914eeb61f1702e696c203a126854"
            ),
        ],
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        [
            hex!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            hex!(
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
            ),
            hex!(
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
                "caeab1a34d4a6b4b636e070a38bce737"
            ),
        ],
    ),
    (
        &[0xaa; 20],
        &[0xdd; 50],
        [
            hex!("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            hex!(
                "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27"
            ),
            hex!(
                "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807"
                "b946a337bee8942674278859e13292fb"
            ),
        ],
    ),
    (
        hex!("0102030405060708090a0b0c0d0e0f10111213141516171819"),
        &[0xcd; 50],
        [
            hex!("82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            hex!(
                "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb"
            ),
            hex!(
                "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063"
                "a5f19741120c4f2de2adebeb10a298dd"
            ),
        ],
    ),
    (
        &[0xaa; 131],
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        [
            hex!("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            hex!(
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"
            ),
            hex!(
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52"
                "95e64f73f63f0aec8b915a985d786598"
            ),
        ],
    ),
    (
        &[0xaa; 131],
        b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
        [
            hex!("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
            hex!(
                "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e"
            ),
            hex!(
                "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15"
                "134676fb6de0446065c97440fa8c6a58"
            ),
        ],
    ),
];

/// RFC 5869 appendix A.
pub(crate) struct Hkdf {
    pub(crate) ikm: &'static [u8],
    pub(crate) salt: &'static [u8],
    pub(crate) info: &'static [u8],
    pub(crate) prk: &'static [u8],
    pub(crate) okm: &'static [u8],
}

#[rustfmt::skip]
pub(crate) const HKDF_SHA256: [Hkdf; 3] = [
    Hkdf {
        ikm: &[0x0b; 22],
        salt: hex!("000102030405060708090a0b0c"),
        info: hex!("f0f1f2f3f4f5f6f7f8f9"),
        prk: hex!("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
        okm: hex!("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
    },
    Hkdf {
        ikm: hex!(
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
            "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f"
        ),
        salt: hex!(
            "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
            "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
        ),
        info: hex!(
            "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
            "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
        ),
        prk: hex!("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"),
        okm: hex!(
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
    },
    Hkdf {
        ikm: &[0x0b; 22],
        salt: hex!(""),
        info: hex!(""),
        prk: hex!("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"),
        okm: hex!("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    },
];

/// One encryption.
pub(crate) struct Sealed {
    pub(crate) source: &'static str,
    pub(crate) algorithm: AeadAlgorithm,
    pub(crate) key: &'static [u8],
    pub(crate) nonce: &'static [u8],
    pub(crate) aad: &'static [u8],
    pub(crate) plaintext: &'static [u8],
    /// With the tag at its end.
    pub(crate) ciphertext: &'static [u8],
}

#[rustfmt::skip]
pub(crate) const SEALED: [Sealed; 9] = [
    Sealed {
        source: "GCM specification, case 1",
        algorithm: AeadAlgorithm::AES_128_GCM,
        key: hex!("00000000000000000000000000000000"),
        nonce: hex!("000000000000000000000000"),
        aad: hex!(""),
        plaintext: hex!(""),
        ciphertext: hex!("58e2fccefa7e3061367f1d57a4e7455a"),
    },
    Sealed {
        source: "GCM specification, case 2",
        algorithm: AeadAlgorithm::AES_128_GCM,
        key: hex!("00000000000000000000000000000000"),
        nonce: hex!("000000000000000000000000"),
        aad: hex!(""),
        plaintext: hex!("00000000000000000000000000000000"),
        ciphertext: hex!("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"),
    },
    Sealed {
        source: "GCM specification, case 4",
        algorithm: AeadAlgorithm::AES_128_GCM,
        key: hex!("feffe9928665731c6d6a8f9467308308"),
        nonce: hex!("cafebabefacedbaddecaf888"),
        aad: hex!("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
        plaintext: hex!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
            "b16aedf5aa0de657ba637b39"
        ),
        ciphertext: hex!(
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
            "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"
        ),
    },
    Sealed {
        source: "GCM specification, case 13",
        algorithm: AeadAlgorithm::AES_256_GCM,
        key: hex!("0000000000000000000000000000000000000000000000000000000000000000"),
        nonce: hex!("000000000000000000000000"),
        aad: hex!(""),
        plaintext: hex!(""),
        ciphertext: hex!("530f8afbc74536b9a963b4f1c4cb738b"),
    },
    Sealed {
        source: "GCM specification, case 14",
        algorithm: AeadAlgorithm::AES_256_GCM,
        key: hex!("0000000000000000000000000000000000000000000000000000000000000000"),
        nonce: hex!("000000000000000000000000"),
        aad: hex!(""),
        plaintext: hex!("00000000000000000000000000000000"),
        ciphertext: hex!("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    },
    Sealed {
        source: "GCM specification, case 16",
        algorithm: AeadAlgorithm::AES_256_GCM,
        key: hex!("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
        nonce: hex!("cafebabefacedbaddecaf888"),
        aad: hex!("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
        plaintext: hex!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
            "b16aedf5aa0de657ba637b39"
        ),
        ciphertext: hex!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
            "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        ),
    },
    Sealed {
        source: "RFC 8439 section 2.8.2",
        algorithm: AeadAlgorithm::CHACHA20_POLY1305,
        key: hex!("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
        nonce: hex!("070000004041424344454647"),
        aad: hex!("50515253c0c1c2c3c4c5c6c7"),
        plaintext: hex!(
            "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063"
            "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
            "637265656e20776f756c642062652069742e"
        ),
        ciphertext: hex!(
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
            "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
            "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
        ),
    },
    Sealed {
        source: "computed with OpenSSL, empty",
        algorithm: AeadAlgorithm::CHACHA20_POLY1305,
        key: hex!("0000000000000000000000000000000000000000000000000000000000000000"),
        nonce: hex!("000000000000000000000000"),
        aad: hex!(""),
        plaintext: hex!(""),
        ciphertext: hex!("4eb972c9a8fb3a1b382bb4d36f5ffad1"),
    },
    Sealed {
        source: "computed with OpenSSL, four blocks",
        algorithm: AeadAlgorithm::CHACHA20_POLY1305,
        key: hex!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        nonce: hex!("000102030405060708090a0b"),
        aad: hex!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
        plaintext: hex!(
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
            "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
            "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
            "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
            "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
        ),
        ciphertext: hex!(
            "89fa0a032d12a347bf8a35f89410006cd961a0f44561bbaefe8e35de69ddb823cca10ed0c23b97bf1f1b5cf349b9a10c"
            "4eb59b47c91d8eac2a81e33cac72a0e93939fe8ea1516aae8c5f07f7543192be8a8f15613b3fa669560eaa5584205ce0"
            "2dbf0e9093bc4193d93299dccefcd9ef991e244bfd28368f37144ea40542c13921e7413e2db659ebc19af5f1a0b1e5b5"
            "24e015e19ffa5ac9aa783daa38863ea69f18234b19e1324126d7ccbbcb1c41af6ee514f9a3eecca260a6542adb8b2aaf"
            "19869d4ca738c9d8e581efc5018ba3c2b20917efb2da7980cef0f67e27c7a2228ca2e8536a55e3073213e2ad47f57a63"
            "00ae590b9f8e5c69467991201900ffdd811a46ffe13942bbf0fac57bb5ca8de1"
        ),
    },
];
