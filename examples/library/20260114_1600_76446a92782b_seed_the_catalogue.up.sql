-- revision: 76446a92782b
-- down_revision: b686bd2366d6
-- message: seed the catalogue
-- created: 2026-01-14T16:00:00Z

-- The test site was filled by hand, so some of this may be there already.
INSERT INTO subjects (code, name, sign)
VALUES
    ('B', 'Belletristik', '📖'),
    ('F', 'Fremdsprachen: français, español, русский, 日本語', '🌍'),
    ('K', 'Kinder- und Jugendbücher', '🧸'),
    ('M', 'Märchen & Sagen', '🐉'),
    ('Z', 'Zeitungen; Zeitschriften; Comics', '📰')
ON CONFLICT DO NOTHING;

INSERT INTO authors (name, born)
VALUES
    ('Thomas Mann', 1875),
    ('Albert Camus', 1913),
    ('Gabriel García Márquez', 1927),
    ('夏目 漱石', 1867),
    ('Emily Brontë', 1818),
    ('J. K. Rowling', 1965)
ON CONFLICT DO NOTHING;

INSERT INTO books (isbn, title, language, published, subject_code)
VALUES
    ('9783596294336', 'Der Zauberberg', 'de', 1991, 'B'),
    ('9782070360024', 'L''Étranger', 'fr', 1971, 'F'),
    ('9788497592208', 'Cien años de soledad', 'es', 2003, 'F'),
    ('9784101010014', '吾輩は猫である', 'ja', 2003, 'F'),
    ('9780141439556', 'Wuthering Heights', 'en', 2002, 'F'),
    ('9783551551672', 'Harry Potter und der Stein der Weisen', 'de', 1998, 'K')
ON CONFLICT DO NOTHING;

INSERT INTO book_authors (book_id, author_id)
SELECT b.id, a.id
FROM (
    VALUES
        ('9783596294336', 'Thomas Mann', 1875),
        ('9782070360024', 'Albert Camus', 1913),
        ('9788497592208', 'Gabriel García Márquez', 1927),
        ('9784101010014', '夏目 漱石', 1867),
        ('9780141439556', 'Emily Brontë', 1818),
        ('9783551551672', 'J. K. Rowling', 1965)
) AS wrote (isbn, name, born)
JOIN books AS b ON b.isbn = wrote.isbn
JOIN authors AS a ON a.name = wrote.name AND a.born = wrote.born
ORDER BY b.id
ON CONFLICT DO NOTHING;
