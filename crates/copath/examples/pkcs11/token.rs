//! A signature key in a PKCS#11 token.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use copath::{CipherSuite, CryptoError, CryptoProvider, SignatureScheme, Signer, Suite, ecdsa_from_raw};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use crate::Error;

/// A token with a session in which its user is logged in.
#[derive(Clone)]
pub(crate) struct Token {
    /// A session does one thing at a time.
    session: Arc<Mutex<Session>>,
    provider: Arc<dyn CryptoProvider>,
}

/// A key of a token. Its private part never leaves the token.
pub(crate) struct TokenSigner {
    token: Token,
    /// Names the key in the token, also after a restart.
    id: Vec<u8>,
    suite: Suite,
    public_key: Vec<u8>,
}

/// PrintableString "edwards25519", and the object identifier of P-256: CKA_EC_PARAMS, PKCS#11 v3.0 §2.3.
const ED25519: &[u8] = b"\x13\x0cedwards25519";
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

const PIN: &str = "123456";

/// Loads a PKCS#11 library, once in a process.
pub(crate) fn load(library: &Path) -> Result<Pkcs11, Error> {
    let library = Pkcs11::new(library)?;
    library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    Ok(library)
}

impl Token {
    /// Initializes a blank token under this label and opens it. Initializing another one would delete what it holds,
    /// so that is never done.
    pub(crate) fn initialize(
        library: &Pkcs11,
        label: &str,
        provider: &Arc<dyn CryptoProvider>,
    ) -> Result<Self, Error> {
        if find(library, |token| is_labelled(token, label))?.is_some() {
            return Err(format!("there is a token `{label}` already, which is left as it is").into());
        }
        let blank = find(library, |token| !token.token_initialized())?;
        let blank =
            blank.ok_or("the library has no blank token, and what another one holds would be lost")?;
        let pin = AuthPin::new(PIN.into());
        library.init_token(blank, &pin, label)?;
        // An initialized token may be in another slot.
        let session = library.open_rw_session(slot(library, label)?)?;
        session.login(UserType::So, Some(&pin))?;
        session.init_pin(&pin)?;
        session.logout()?;
        Self::logged_in(session, provider)
    }

    /// Opens the token that was initialized under this label.
    pub(crate) fn open(
        library: &Pkcs11,
        label: &str,
        provider: &Arc<dyn CryptoProvider>,
    ) -> Result<Self, Error> {
        Self::logged_in(library.open_rw_session(slot(library, label)?)?, provider)
    }

    fn logged_in(session: Session, provider: &Arc<dyn CryptoProvider>) -> Result<Self, Error> {
        session.login(UserType::User, Some(&AuthPin::new(PIN.into())))?;
        Ok(Self { session: Arc::new(Mutex::new(session)), provider: Arc::clone(provider) })
    }

    /// Makes a key for a suite, which can sign and can't be read.
    pub(crate) fn generate(&self, suite: CipherSuite, id: &[u8]) -> Result<TokenSigner, Error> {
        let parameters = Suite::new(&self.provider, suite)?.parameters().signature;
        let (mechanism, curve) = match parameters {
            SignatureScheme::ED25519 => (Mechanism::EccEdwardsKeyPairGen, ED25519),
            SignatureScheme::ECDSA_SECP256R1_SHA256 => (Mechanism::EccKeyPairGen, P256),
            other => return Err(format!("this example has no keys for {other:?}").into()),
        };
        let named = [Attribute::Token(true), Attribute::Id(id.to_vec())];
        let public =
            [Attribute::Private(false), Attribute::Verify(true), Attribute::EcParams(curve.to_vec())];
        let private = [
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ];
        let (public, private) = ([&named[..], &public].concat(), [&named[..], &private].concat());
        self.with(|session| session.generate_key_pair(&mechanism, &public, &private))?;
        self.find(suite, id)
    }

    /// The key of this name.
    pub(crate) fn find(&self, suite: CipherSuite, id: &[u8]) -> Result<TokenSigner, Error> {
        let public = self.object(ObjectClass::PUBLIC_KEY, id)?;
        let found = self.with(|session| session.get_attributes(public, &[AttributeType::EcPoint]))?;
        let Some(Attribute::EcPoint(point)) = found.first() else {
            return Err("the key has no point".into());
        };
        // The point is inside an OCTET STRING, short enough for a length of one octet.
        let public_key = match point.split_first_chunk() {
            Some(([0x04, length], point)) if usize::from(*length) == point.len() => point.to_vec(),
            _ => return Err("the key's point has an unknown form".into()),
        };
        let suite = Suite::new(&self.provider, suite)?;
        Ok(TokenSigner { token: self.clone(), id: id.to_vec(), suite, public_key })
    }

    /// Deletes a key.
    pub(crate) fn delete(&self, id: &[u8]) -> Result<(), Error> {
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            let object = self.object(class, id)?;
            self.with(|session| session.destroy_object(object))?;
        }
        Ok(())
    }

    /// Whether the token gives a private key away.
    pub(crate) fn reveals(&self, id: &[u8]) -> Result<bool, Error> {
        let private = self.object(ObjectClass::PRIVATE_KEY, id)?;
        Ok(self
            .with(|session| session.get_attributes(private, &[AttributeType::Value]))?
            .iter()
            .any(|found| matches!(found, Attribute::Value(octets) if !octets.is_empty())))
    }

    pub(crate) fn lock(&self) -> Result<(), Error> {
        Ok(self.with(Session::logout)?)
    }

    pub(crate) fn unlock(&self) -> Result<(), Error> {
        let pin = AuthPin::new(PIN.into());
        Ok(self.with(|session| session.login(UserType::User, Some(&pin)))?)
    }

    fn object(&self, class: ObjectClass, id: &[u8]) -> Result<ObjectHandle, Error> {
        let template = [Attribute::Class(class), Attribute::Id(id.to_vec())];
        let found = self.with(|session| session.find_objects(&template))?;
        Ok(*found.first().ok_or("the token has no such key, or is locked")?)
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Session) -> cryptoki::error::Result<T>,
    ) -> cryptoki::error::Result<T> {
        let session = self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work(&session)
    }
}

fn is_labelled(token: &TokenInfo, label: &str) -> bool {
    token.token_initialized() && token.label() == label
}

fn slot(library: &Pkcs11, label: &str) -> Result<Slot, Error> {
    let found = find(library, |token| is_labelled(token, label))?;
    Ok(found.ok_or_else(|| format!("the library has no token `{label}`"))?)
}

/// The first slot with such a token.
fn find(library: &Pkcs11, is: impl Fn(&TokenInfo) -> bool) -> Result<Option<Slot>, Error> {
    for slot in library.get_slots_with_token()? {
        if is(&library.get_token_info(slot)?) {
            return Ok(Some(slot));
        }
    }
    Ok(None)
}

impl Signer for TokenSigner {
    fn scheme(&self) -> SignatureScheme {
        self.suite.parameters().signature
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let unavailable = |_| CryptoError::SignerUnavailable;
        let key = self
            .token
            .object(ObjectClass::PRIVATE_KEY, &self.id)
            .map_err(|_| CryptoError::SignerUnavailable)?;
        if self.scheme() == SignatureScheme::ED25519 {
            let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
            return self.token.with(|session| session.sign(&mechanism, key, message)).map_err(unavailable);
        }
        // The token signs a hash, and gives r and s one after the other.
        let hash = self.suite.hash(&[message]);
        let raw = self.token.with(|session| session.sign(&Mechanism::Ecdsa, key, hash.as_slice()));
        ecdsa_from_raw(&raw.map_err(unavailable)?, self.scheme()).ok_or(CryptoError::SignerUnavailable)
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("suite", &self.suite).finish_non_exhaustive()
    }
}
