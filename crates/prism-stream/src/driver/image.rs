//! Whether a kernel image is all there, before the driver is given it.
//!
//! The call that loads an image takes an address and no length: the driver reads as far as the image
//! says that it goes. So what it says is held against the bytes that there are. A CUBIN is an ELF file,
//! whose tables say where everything lies; a fat binary begins with its size; PTX ends at its first
//! NUL. Whether what lies in there makes sense is the driver's to find out.

/// First bytes of an ELF file.
const ELF: [u8; 4] = *b"\x7fELF";

/// First bytes of a fat binary, in this byte order.
const FAT: [u8; 4] = 0xba55_ed50_u32.to_le_bytes();

/// Bytes of an ELF header of 64 bits, and of an entry of its tables: program headers, sections.
const ELF_HEADER: usize = 64;
const PROGRAM_HEADER: u16 = 56;
const SECTION_HEADER: u16 = 64;

/// The type of a section that takes no bytes of the file.
const NO_BITS: u32 = 8;

/// Bytes of the header of a fat binary.
const FAT_HEADER: u64 = 16;

/// Whether `image` is a CUBIN, a fat binary or PTX that ends in a NUL, and goes no further than its
/// bytes: what [`Driver::module_load`](super::Driver::module_load) may hand to CUDA.
pub fn is_whole_image(image: &[u8]) -> bool {
    // What begins like one format is never taken for another: that is how the driver goes about it.
    let found = match image.first_chunk() {
        Some(&ELF) => elf(image),
        Some(&FAT) => fat(image),
        _ => Some(is_ptx(image)),
    };
    found.unwrap_or(false)
}

/// Whether it is text that ends at its first NUL, and says which version of PTX it is, as all PTX does.
fn is_ptx(image: &[u8]) -> bool {
    let Some((0, text)) = image.split_last() else { return false };
    let text = std::str::from_utf8(text);
    text.is_ok_and(|text| !text.contains('\0') && text.contains(".version"))
}

/// Whether a fat binary is as long as it says; `None` if not even its header is there.
fn fat(image: &[u8]) -> Option<bool> {
    let (header, content) = (u64::from(u16_at(image, 6)?), u64_at(image, 8)?);
    Some(header >= FAT_HEADER && lies_within(image, header, content))
}

/// Whether the tables of an ELF file, and all that they name, lie within it; `None` if one does not.
fn elf(image: &[u8]) -> Option<bool> {
    let wide_and_little_endian = image.get(4..6)? == [2, 1];
    if !wide_and_little_endian || image.len() < ELF_HEADER {
        return Some(false);
    }
    let (programs, sections) = (u64_at(image, 32)?, u64_at(image, 40)?);
    let (program_count, section_count) = (u16_at(image, 56)?, u16_at(image, 60)?);
    if section_count == 0 || u16_at(image, 58)? != SECTION_HEADER {
        return Some(false);
    }
    if program_count > 0 && u16_at(image, 54)? != PROGRAM_HEADER {
        return Some(false);
    }
    for at in entries(image, programs, program_count, PROGRAM_HEADER)? {
        if !lies_within(image, u64_at(image, at + 8)?, u64_at(image, at + 32)?) {
            return Some(false);
        }
    }
    for at in entries(image, sections, section_count, SECTION_HEADER)? {
        let (from, bytes) = (u64_at(image, at + 24)?, u64_at(image, at + 32)?);
        if u32_at(image, at + 4)? != NO_BITS && !lies_within(image, from, bytes) {
            return Some(false);
        }
    }
    Some(true)
}

/// Where the entries of a table begin, if all of it is there.
fn entries(image: &[u8], from: u64, count: u16, size: u16) -> Option<impl Iterator<Item = usize>> {
    let bytes = usize::from(count) * usize::from(size);
    let from = lies_within(image, from, bytes as u64).then_some(from as usize)?;
    Some((from..from + bytes).step_by(size.into()))
}

/// Whether there are so many bytes from there on.
fn lies_within(image: &[u8], from: u64, bytes: u64) -> bool {
    from.checked_add(bytes).is_some_and(|end| end <= image.len() as u64)
}

fn u16_at(image: &[u8], at: usize) -> Option<u16> {
    image.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(image: &[u8], at: usize) -> Option<u32> {
    image.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn u64_at(image: &[u8], at: usize) -> Option<u64> {
    image.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An ELF file with two sections, one of which takes no bytes, and a segment around the other:
    /// header, section, tables.
    fn cubin(content: &[u8]) -> Vec<u8> {
        let programs = (ELF_HEADER + content.len()) as u64;
        let sections = programs + u64::from(PROGRAM_HEADER);
        let mut file = vec![0_u8; ELF_HEADER];
        file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        file[32..40].copy_from_slice(&programs.to_le_bytes());
        file[40..48].copy_from_slice(&sections.to_le_bytes());
        for (at, value) in [(54, PROGRAM_HEADER), (56, 1), (58, SECTION_HEADER), (60, 2)] {
            file[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        file.extend_from_slice(content);
        let range = [(ELF_HEADER as u64).to_le_bytes(), (content.len() as u64).to_le_bytes()];
        let mut program = [0_u8; PROGRAM_HEADER as usize];
        program[8..16].copy_from_slice(&range[0]);
        program[32..40].copy_from_slice(&range[1]);
        file.extend_from_slice(&program);
        let mut section = [0_u8; SECTION_HEADER as usize];
        section[4] = NO_BITS as u8;
        section[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
        file.extend_from_slice(&section);
        section[4] = 1;
        section[24..32].copy_from_slice(&range[0]);
        section[32..40].copy_from_slice(&range[1]);
        file.extend_from_slice(&section);
        file
    }

    /// A fat binary of so many bytes behind its header.
    fn fat_binary(bytes: u8) -> Vec<u8> {
        let mut file = FAT.to_vec();
        file.extend_from_slice(&[1, 0, 16, 0, bytes, 0, 0, 0, 0, 0, 0, 0]);
        file.resize(file.len() + usize::from(bytes), 7);
        file
    }

    #[test]
    fn whole_images_of_every_format_are_taken() {
        for image in [cubin(b"code"), cubin(b""), fat_binary(9), b".version 8.0\n\0".to_vec()] {
            assert!(is_whole_image(&image), "{image:?}");
        }
        assert!(is_whole_image("// é\n.version 8.0\n\0".as_bytes()), "comments may say anything");
    }

    #[test]
    fn text_that_has_no_end_or_is_no_ptx_is_refused() {
        let refused: [&[u8]; 7] = [
            b"",
            b"\0",
            b"image\0",
            b".version 8.0",
            b".version\08.0\0",
            b".version \xff\0",
            b"\x7fELF.version\0",
        ];
        for image in refused {
            assert!(!is_whole_image(image), "{image:?}");
        }
    }

    #[test]
    fn no_beginning_of_an_image_is_taken_for_all_of_it() {
        for image in [cubin(b"code"), fat_binary(9), b".version 8.0\n\0".to_vec()] {
            for end in 0..image.len() {
                assert!(!is_whole_image(&image[..end]), "{end} of {} bytes", image.len());
            }
        }
    }

    #[test]
    fn another_class_or_byte_order_is_refused() {
        for (at, value) in [(4, 1), (5, 2), (54, 0), (58, 40), (60, 0), (60, 3)] {
            let mut image = cubin(b"code");
            image[at] = value;
            assert!(!is_whole_image(&image), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn a_cubin_that_was_cut_short_is_never_taken(
            content in proptest::collection::vec(any::<u8>(), 0..300),
            cut in 1_usize..300,
        ) {
            let image = cubin(&content);
            prop_assert!(is_whole_image(&image));
            prop_assert!(!is_whole_image(&image[..image.len().saturating_sub(cut)]));
        }

        /// Whatever the tables say, what is taken names nothing outside, and nothing panics.
        #[test]
        fn tables_that_point_outside_are_refused(
            changes in proptest::collection::vec((0_usize..260, any::<u8>()), 1..8),
        ) {
            let mut image = cubin(b"code and data");
            for (at, value) in changes {
                if let Some(byte) = image.get_mut(at) {
                    *byte = value;
                }
            }
            if is_whole_image(&image) && image.starts_with(&ELF) {
                for (count, table, size, offset) in [(56, 32, 56, 8), (60, 40, 64, 24)] {
                    let from = u64_at(&image, table).unwrap() as usize;
                    for entry in 0..u16_at(&image, count).unwrap() as usize {
                        let at = from + entry * size;
                        let start = u64_at(&image, at + offset).unwrap();
                        let bytes = u64_at(&image, at + 32).unwrap();
                        let none = size == 64 && u32_at(&image, at + 4) == Some(NO_BITS);
                        prop_assert!(none || start + bytes <= image.len() as u64);
                    }
                }
            }
        }
    }
}
