"""The languages a report can be printed in: one file a language, one line here."""
