//! Encoding, cryptography, framing: RFC 9420 §2 to §6.

use copath_rules::rule;

use super::Decision;

pub(super) const DECISIONS: &[Decision] = &[
    Decision {
        rule: rule!("2.1.2-06"),
        open: "Whether octets may follow a complete structure",
        taken: "refuses them, at the end of a message and of a known extension's body; only the plaintext of a PrivateMessage has a rest, its padding",
        why: "who ignores them gives one content several encodings, while references and transcripts hash encodings",
        tests: &[
            "check",
            "bodies_are_used_up",
            "bodies_that_cannot_be_read",
            "group_secrets_and_group_info_decode_strictly",
        ],
    },
    Decision {
        rule: rule!("2.1.2-07"),
        open: "Whether the longest vector has 2^30 or 2^30 - 1 octets",
        taken: "takes 2^30 - 1",
        why: "the encoding can't express more",
        tests: &["headers_are_the_shortest"],
    },
    Decision {
        rule: rule!("4.1.1-03"),
        open: "\"Intermediate node\" leaves out the root",
        taken: "resolves a blank root as any blank parent",
        why: "a root without a resolution could have no path after a removal; the working group's vectors agree",
        tests: &["paged_and_naive_trees_are_equal", "tree_validation"],
    },
    Decision {
        rule: rule!("5.2-01"),
        open: "The text calls the function of a reference the KDF, its definition a hash",
        taken: "hashes, with nothing before the label",
        why: "the definition and the working group's vectors agree",
        tests: &["crypto_basics"],
    },
    Decision {
        rule: rule!("5.3-04"),
        open: "The body of a credential of an unknown type has no length",
        taken: "reads it as one vector, unless the application registered another shape; who doesn't support the type refuses the leaf (7.3-07)",
        why: "refusing to decode would keep members from processing what concerns others; other implementations read a vector too",
        tests: &[
            "every_type_survives_a_round_trip",
            "a_leaf_with_an_unknown_credential_type_decodes",
            "a_credential_of_a_grease_type_is_refused_like_any_unknown_one",
        ],
    },
    Decision {
        rule: rule!("6-01"),
        open: "A PublicMessage with application data is forbidden, but well formed",
        taken: "decodes it, and refuses it when it is processed",
        why: "the working group's vectors hold one; the refusal then names the rule",
        tests: &["public_application_data_decodes", "application_data_in_the_clear"],
    },
    Decision {
        rule: rule!("6.1-01"),
        open: "The prose signs the GroupContext for members only, the structure also for external joiners",
        taken: "follows the structure",
        why: "the structure is what is hashed and what others implement",
        tests: &[
            "the_context_is_signed_by_members_and_external_joiners",
            "signed_over_the_wrong_context_or_by_another_member",
        ],
    },
    Decision {
        rule: rule!("6.1-10"),
        open: "Authentication data are valid only with the right confirmation tag, which needs the new epoch's key",
        taken: "checks the signature when a message is opened, the tag when the new epoch is derived; both before anything changes",
        why: "there is no other moment; a wrong tag is refused by rule 12.4.2-09",
        tests: &["the_confirmation_tag"],
    },
    Decision {
        rule: rule!("6.3.2-05"),
        open: "Only blank leaves are named as senders to be refused, not indices beyond the tree",
        taken: "refuses those too, before it looks at a ratchet",
        why: "such a leaf has no ratchet",
        tests: &["sender_data_name_a_member", "leaves_outside_the_tree_are_refused"],
    },
];
