//! Joining by a Welcome.

use copath_codec::Decode;
use copath_interop_grpc::*;
use copath_messages::{LeafNodeSource, MlsMessage, MlsMessageBody, OptionalNode, RatchetTree};
use tonic::Code;

use crate::world::{World, added, worlds};
