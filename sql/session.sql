SET client_encoding TO 'UTF8'; SET standard_conforming_strings TO on;
