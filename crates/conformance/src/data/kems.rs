//! Key pairs of KEMs, keys that are none, and an agreement with a coordinate that is not reduced.

use copath_crypto::KemAlgorithm;

/// A private key and its public key.
pub(crate) struct Pair {
    pub(crate) source: &'static str,
    pub(crate) algorithm: KemAlgorithm,
    pub(crate) private_key: &'static [u8],
    pub(crate) public_key: &'static [u8],
}

#[rustfmt::skip]
pub(crate) const PAIRS: [Pair; 10] = [
    Pair {
        source: "RFC 7748 section 6.1, Alice",
        algorithm: KemAlgorithm::DHKEM_X25519,
        private_key: hex!("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
        public_key: hex!("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
    },
    Pair {
        source: "RFC 7748 section 6.1, Bob",
        algorithm: KemAlgorithm::DHKEM_X25519,
        private_key: hex!("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
        public_key: hex!("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
    },
    Pair {
        source: "RFC 7748 section 6.2, Alice",
        algorithm: KemAlgorithm::DHKEM_X448,
        private_key: hex!(
            "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d"
            "9ac2d8c0a598726b"
        ),
        public_key: hex!(
            "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53"
            "177f80e532c41fa0"
        ),
    },
    Pair {
        source: "RFC 7748 section 6.2, Bob",
        algorithm: KemAlgorithm::DHKEM_X448,
        private_key: hex!(
            "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0"
            "366f10b65173992d"
        ),
        public_key: hex!(
            "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae"
            "07bdc1c67bf33609"
        ),
    },
    Pair {
        source: "RFC 5903 section 8.1, initiator",
        algorithm: KemAlgorithm::DHKEM_P256,
        private_key: hex!("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"),
        public_key: hex!(
            "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e5"
            "9ab1f45b33accf5f58389e0577b8990bb3"
        ),
    },
    Pair {
        source: "RFC 5903 section 8.1, responder",
        algorithm: KemAlgorithm::DHKEM_P256,
        private_key: hex!("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53"),
        public_key: hex!(
            "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d"
            "6aac23f046ada30f8353e74f33039872ab"
        ),
    },
    Pair {
        source: "RFC 5903 section 8.2, initiator",
        algorithm: KemAlgorithm::DHKEM_P384,
        private_key: hex!(
            "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194"
        ),
        public_key: hex!(
            "04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41"
            "aa9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a8"
            "1c"
        ),
    },
    Pair {
        source: "RFC 5903 section 8.2, responder",
        algorithm: KemAlgorithm::DHKEM_P384,
        private_key: hex!(
            "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc"
        ),
        public_key: hex!(
            "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a35"
            "71dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e638"
            "6c"
        ),
    },
    Pair {
        source: "RFC 5903 section 8.3, initiator",
        algorithm: KemAlgorithm::DHKEM_P521,
        private_key: hex!(
            "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777"
            "f5957b2639bab072462f68c27a57382d4a52"
        ),
        public_key: hex!(
            "040015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c2d1075"
            "64941885942af5a7f4601723c4195d176ced3e017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7c"
            "b4a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582"
        ),
    },
    Pair {
        source: "RFC 5903 section 8.3, responder",
        algorithm: KemAlgorithm::DHKEM_P521,
        private_key: hex!(
            "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3163e4c2"
            "f869cca7458aa4a4effc311f5cb151685eb9"
        ),
        public_key: hex!(
            "0400d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64"
            "a6c2912d4ef2d0433ced2b6171640012d9460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852"
            "077b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a"
        ),
    },
];

/// A decapsulation whose KEM output is valid, though its coordinate isn't reduced or has the ignored bit set
/// (RFC 7748 section 5).
pub(crate) struct Unreduced {
    pub(crate) what: &'static str,
    pub(crate) algorithm: KemAlgorithm,
    pub(crate) private_key: &'static [u8],
    pub(crate) public_key: &'static [u8],
    pub(crate) kem_output: &'static [u8],
    pub(crate) shared_secret: &'static [u8],
}

#[rustfmt::skip]
pub(crate) const UNREDUCED: [Unreduced; 5] = [
    Unreduced {
        what: "coordinate p + 2",
        algorithm: KemAlgorithm::DHKEM_X25519,
        private_key: hex!("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
        public_key: hex!("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
        kem_output: hex!("efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        shared_secret: hex!("bad2e149bea14c91905c6b27caefdb5fd4e680d698f668b129ff68f11ae69287"),
    },
    Unreduced {
        what: "coordinate 2^255 - 1",
        algorithm: KemAlgorithm::DHKEM_X25519,
        private_key: hex!("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
        public_key: hex!("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
        kem_output: hex!("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        shared_secret: hex!("8f6d4ca124e16131bef715d522be9b316903978fc2e67d7de557d49f0b0e1547"),
    },
    Unreduced {
        what: "top bit set",
        algorithm: KemAlgorithm::DHKEM_X25519,
        private_key: hex!("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
        public_key: hex!("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
        kem_output: hex!("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882bcf"),
        shared_secret: hex!("4e086718d716931a37ffe6ad516461dcfdb7d6b29cd314f15ba2ab3feb28eb6a"),
    },
    Unreduced {
        what: "coordinate p + 2",
        algorithm: KemAlgorithm::DHKEM_X448,
        private_key: hex!(
            "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d"
            "9ac2d8c0a598726b"
        ),
        public_key: hex!(
            "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53"
            "177f80e532c41fa0"
        ),
        kem_output: hex!(
            "01000000000000000000000000000000000000000000000000000000ffffffffffffffffffffffffffffffffffffffff"
            "ffffffffffffffff"
        ),
        shared_secret: hex!(
            "0eb4ad9aa04b7ab114bfdfd4d5726138daf0d2475ec6f61aff9dc8c9dab64ffe55c96ab63caca187152d40549f062bad"
            "5b2f8cef09780b8a921400262f302f74"
        ),
    },
    Unreduced {
        what: "coordinate 2^448 - 1",
        algorithm: KemAlgorithm::DHKEM_X448,
        private_key: hex!(
            "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d"
            "9ac2d8c0a598726b"
        ),
        public_key: hex!(
            "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53"
            "177f80e532c41fa0"
        ),
        kem_output: hex!(
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            "ffffffffffffffff"
        ),
        shared_secret: hex!(
            "0d39666ddbc367697c61da4aa797fa2f73c846a6800a44ceb8460ec8784129837181f736816c6179fc21bbd8f8846992"
            "375afc7429b1c3f52cd54448504df881"
        ),
    },
];
