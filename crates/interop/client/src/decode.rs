//! Reading the fields of requests.

use copath_codec::{Decode, Encode};
use copath_crypto::CipherSuite;
use copath_group::{HandshakeFormat, PathChoice, TreeTransfer};
use copath_interop_grpc as grpc;
use copath_messages::{
    Extension, ExtensionType, Extensions, GroupInfo, KeyPackage, MlsMessage, MlsMessageBody, Welcome,
};

use crate::ClientError;

/// The KeyPackage in `field`.
pub(crate) fn key_package(field: &'static str, octets: &[u8]) -> Result<KeyPackage, ClientError> {
    match message(field, octets)?.body {
        MlsMessageBody::KeyPackage(key_package) => Ok(key_package),
        _ => Err(ClientError::WrongMessage { field, expected: "KeyPackage" }),
    }
}

/// The Welcome in `field`.
pub(crate) fn welcome(field: &'static str, octets: &[u8]) -> Result<Welcome, ClientError> {
    match message(field, octets)?.body {
        MlsMessageBody::Welcome(welcome) => Ok(welcome),
        _ => Err(ClientError::WrongMessage { field, expected: "Welcome" }),
    }
}

/// The GroupInfo in `field`.
pub(crate) fn group_info(field: &'static str, octets: &[u8]) -> Result<GroupInfo, ClientError> {
    match message(field, octets)?.body {
        MlsMessageBody::GroupInfo(group_info) => Ok(group_info),
        _ => Err(ClientError::WrongMessage { field, expected: "GroupInfo" }),
    }
}

/// The MLSMessage in `field`.
pub(crate) fn message(field: &'static str, octets: &[u8]) -> Result<MlsMessage, ClientError> {
    whole(field, octets)
}

/// The structure that fills `field`.
pub(crate) fn whole<T: Decode>(field: &'static str, octets: &[u8]) -> Result<T, ClientError> {
    T::from_bytes(octets).map_err(|error| ClientError::Malformed { field, error })
}

/// What an MLSMessage looks like to the harness.
pub(crate) fn encoded(message: impl Into<MlsMessage>) -> Result<Vec<u8>, ClientError> {
    Ok(message.into().to_bytes().map_err(copath_group::GroupError::from)?)
}

/// The cipher suite in `cipher_suite`.
pub(crate) fn cipher_suite(value: u32) -> Result<CipherSuite, ClientError> {
    Ok(CipherSuite(code_point("cipher_suite", value)?))
}

/// Extensions as they stand in a group context.
pub(crate) fn extensions(list: &[grpc::Extension]) -> Result<Extensions, ClientError> {
    let extension = |extension: &grpc::Extension| {
        Ok(Extension {
            extension_type: ExtensionType(code_point("extension_type", extension.extension_type)?),
            extension_data: extension.extension_data.clone().into(),
        })
    };
    Ok(Extensions(list.iter().map(extension).collect::<Result<_, ClientError>>()?))
}

fn code_point(field: &'static str, value: u32) -> Result<u16, ClientError> {
    u16::try_from(value).map_err(|_| ClientError::Beyond16Bits { field, value })
}

/// What `encrypt_handshake` says.
pub(crate) fn handshake_format(encrypt_handshake: bool) -> HandshakeFormat {
    if encrypt_handshake { HandshakeFormat::Private } else { HandshakeFormat::Public }
}

/// What `external_tree` says.
pub(crate) fn tree_transfer(external_tree: bool) -> TreeTransfer {
    if external_tree { TreeTransfer::Outside } else { TreeTransfer::Inside }
}

/// What `force_path` says.
pub(crate) fn path_choice(force_path: bool) -> PathChoice {
    if force_path { PathChoice::Always } else { PathChoice::WhenNeeded }
}

/// A tree in a field that is empty where there is none.
pub(crate) fn tree(field: Vec<u8>) -> Option<Vec<u8>> {
    if field.is_empty() { None } else { Some(field) }
}
