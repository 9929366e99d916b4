//! Enumerations: open 16-bit registries and closed 8-bit selectors.

/// Declares a 16-bit registry as a newtype with constants; an unknown value survives a round trip.
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$vmeta:meta])* $variant:ident = $value:literal => $text:literal ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(pub u16);

        impl $name {
            $( $(#[$vmeta])* pub const $variant: Self = Self($value); )*

            /// The registered name, if this crate knows the value.
            pub fn name(self) -> ::core::option::Option<&'static str> {
                match self.0 {
                    $( $value => ::core::option::Option::Some($text), )*
                    _ => ::core::option::Option::None,
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self.name() {
                    ::core::option::Option::Some(name) => f.write_str(name),
                    ::core::option::Option::None => ::core::write!(f, "{:#06x}", self.0),
                }
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(self, f)
            }
        }

        impl ::core::convert::From<u16> for $name {
            fn from(value: u16) -> Self {
                Self(value)
            }
        }

        impl $crate::Encode for $name {
            fn encode(&self, writer: &mut $crate::Writer) {
                $crate::Encode::encode(&self.0, writer);
            }
        }

        impl $crate::Decode for $name {
            fn decode(reader: &mut $crate::Reader<'_>) -> ::core::result::Result<Self, $crate::DecodeError> {
                <u16 as $crate::Decode>::decode(reader).map(Self)
            }
        }

        $crate::impl_tls_codec!($name);
    };
}

/// Declares a closed 8-bit selector; an unknown value is malformed and names the rule after `malformed by`.
#[macro_export]
macro_rules! closed_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident malformed by $rule:expr; {
            $( $(#[$vmeta:meta])* $variant:ident = $value:literal ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        $vis enum $name { $( $(#[$vmeta])* $variant = $value ),* }

        impl $crate::Encode for $name {
            fn encode(&self, writer: &mut $crate::Writer) {
                writer.u8(match self { $( Self::$variant => $value ),* });
            }
        }

        impl $crate::Decode for $name {
            fn decode(reader: &mut $crate::Reader<'_>) -> ::core::result::Result<Self, $crate::DecodeError> {
                let at = reader.clone();
                match reader.u8()? {
                    $( $value => ::core::result::Result::Ok(Self::$variant), )*
                    value => ::core::result::Result::Err(at.error($crate::DecodeErrorKind::Selector {
                        enumeration: ::core::stringify!($name),
                        value,
                        rule: $rule,
                    })),
                }
            }
        }

        $crate::impl_tls_codec!($name);
    };
}
