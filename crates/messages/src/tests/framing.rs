//! Which parts a message has, and the padding of a PrivateMessage.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeContext, DecodeError, Encode, Opaque, Reader, Writer};
use copath_rules::rule;

use super::samples;
use crate::*;

fn application() -> FramedContentBody {
    FramedContentBody::Application(Opaque::from(b"hello"))
}

/// A PublicMessage from octets that stand for its parts.
fn assemble(content: &FramedContent, tags: &[&Opaque]) -> Result<PublicMessage, DecodeError> {
    let mut writer = Writer::new();
    writer.value(content).opaque(b"signature");
    for tag in tags {
        writer.value(*tag);
    }
    PublicMessage::from_bytes(&writer.finish().unwrap())
}

// covers: 6.1-09, 6.2-04
#[test]
fn tags_are_there_where_they_belong() {
    let (one, two) = (Opaque::from(&[1; 32]), Opaque::from(&[2; 32]));
    for sender in samples::senders() {
        for body in samples::bodies() {
            let is_commit = body.content_type() == ContentType::Commit;
            let is_member = sender.sender_type() == SenderType::Member;
            let content = samples::content(sender, body);
            let tags: Vec<_> =
                [is_commit.then_some(&one), is_member.then_some(&two)].into_iter().flatten().collect();
            let message = assemble(&content, &tags).unwrap();
            assert_eq!(message.auth.confirmation_tag.as_ref(), is_commit.then_some(&one));
            assert_eq!(message.membership_tag.as_ref(), is_member.then_some(&two));
            // One tag too many, one too few.
            let more: Vec<_> = tags.iter().copied().chain([&one]).collect();
            assert_eq!(assemble(&content, &more).unwrap_err().rule(), rule!("2.1.2-06"));
            if let Some((_, fewer)) = tags.split_last() {
                assert_eq!(assemble(&content, fewer).unwrap_err().rule(), rule!("2.1.2-04"));
            }
        }
    }
}

#[test]
fn borrowed_content_is_encoded_as_owned_content() {
    for sender in samples::senders() {
        for body in samples::bodies().into_iter().chain([application()]) {
            let content = samples::content(sender, body);
            let borrowed = FramedContentRef::from(&content);
            assert_eq!(borrowed.to_bytes(), content.to_bytes());
            assert_eq!(borrowed.body.content_type(), content.content_type());
        }
    }
}

/// Refused when processed, not when decoded.
// covers: 6-01
#[test]
fn public_application_data_decodes() {
    let message = samples::public_message(Sender::Member { leaf_index: 0 }, application());
    assert_eq!(PublicMessage::from_bytes(&message.to_bytes().unwrap()).unwrap(), message);
}

fn plaintext(body: &FramedContentBody, padding: &[u8]) -> (FramedContentAuthData, Vec<u8>) {
    let auth = samples::public_message(Sender::NewMemberCommit, body.clone()).auth;
    let mut writer = Writer::new();
    PrivateMessageContent::encode_parts(body, &auth, &mut writer);
    writer.bytes(padding);
    (auth, writer.finish().unwrap())
}

fn decode(content_type: ContentType, octets: &[u8]) -> Result<PrivateMessageContent, DecodeError> {
    let mut reader = Reader::new(octets, DecodeContext::rfc9420());
    let content = PrivateMessageContent::decode(&mut reader, content_type)?;
    reader.finish()?;
    Ok(content)
}

// covers: 6.3.1-01
#[test]
fn padding_is_zero_octets() {
    for body in samples::bodies() {
        for padding in [0, 1, 256] {
            let (auth, octets) = plaintext(&body, &alloc::vec![0; padding]);
            let content = decode(body.content_type(), &octets).unwrap();
            assert_eq!(content, PrivateMessageContent { body: body.clone(), auth });
        }
    }
}

#[test]
fn other_padding_is_malformed() {
    for body in samples::bodies() {
        let (_, unpadded) = plaintext(&body, &[]);
        for at in [0, 4, 8] {
            let mut padding = [0; 9];
            padding[at] = 1;
            let (_, octets) = plaintext(&body, &padding);
            let error = decode(body.content_type(), &octets).unwrap_err();
            assert_eq!(error.rule(), rule!("6.3.1-02"));
            assert_eq!(error.offset(), unpadded.len() + at);
        }
    }
}

#[test]
fn every_prefix_of_a_plaintext_fails() {
    for body in samples::bodies() {
        let (_, octets) = plaintext(&body, &[]);
        for end in 0..octets.len() {
            let error = decode(body.content_type(), &octets[..end]).unwrap_err();
            assert_eq!(error.rule(), rule!("2.1.2-04"));
        }
    }
}

// covers: 6.3.2-06
#[test]
fn sender_data_is_twelve_octets() {
    let data = SenderData { leaf_index: 1, generation: 2, reuse_guard: [3; 4] };
    let mut octets = data.to_bytes().unwrap();
    assert_eq!(octets, [0, 0, 0, 1, 0, 0, 0, 2, 3, 3, 3, 3]);
    octets.push(0);
    assert_eq!(SenderData::from_bytes(&octets).unwrap_err().rule(), rule!("2.1.2-06"));
}

// covers: 8.2-01, 8.2-02
#[test]
fn transcript_inputs() {
    let message =
        samples::public_message(Sender::NewMemberCommit, FramedContentBody::Commit(samples::commit()));
    let content = message.content.to_bytes().unwrap();
    let input = transcript::confirmed_transcript_hash_input(&message.into_authenticated_content()).unwrap();
    assert_eq!(input, [&[0, 1][..], &content, b"\x09signature"].concat());
    let tag = [7; 64];
    let input = transcript::interim_transcript_hash_input(&tag).unwrap();
    assert_eq!(input, [&[0x40, 0x40][..], &tag].concat());
}
