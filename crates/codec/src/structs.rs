//! Structures: fields in wire order.

/// Declares a structure whose fields are encoded one after the other, each a type with [`Encode`](crate::Encode)
/// and [`Decode`](crate::Decode); a decoding error names `Structure.field`.
#[macro_export]
macro_rules! wire_struct {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$fmeta:meta])* $fvis:vis $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name { $( $(#[$fmeta])* $fvis $field: $ty ),* }

        impl $crate::Encode for $name {
            fn encode(&self, writer: &mut $crate::Writer) {
                $( $crate::Encode::encode(&self.$field, writer); )*
            }
        }

        impl $crate::Decode for $name {
            fn decode(reader: &mut $crate::Reader<'_>) -> ::core::result::Result<Self, $crate::DecodeError> {
                ::core::result::Result::Ok(Self {
                    $( $field: reader.field(
                        ::core::concat!(::core::stringify!($name), ".", ::core::stringify!($field)),
                        <$ty as $crate::Decode>::decode,
                    )? ),*
                })
            }
        }

        $crate::impl_tls_codec!($name);
    };
}
